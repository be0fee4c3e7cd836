# Makes the files and the objects that the pages about a cluster name: in the current folder, and in the cluster of
# kubectl. Arguments: the folder of the sources, and the folder of recordings of isvc serve.
set -euo pipefail
repository=$1 recordings=$2
quickstart=$repository/examples/quickstart

kubectl config set-context production \
  --cluster="$(kubectl config view -o jsonpath='{.contexts[0].context.cluster}')" \
  --user="$(kubectl config view -o jsonpath='{.contexts[0].context.user}')"

ln -s "$repository/manifests" "$repository/examples" .
ln -s "$(command -v isvc)" isvc-next
mkdir catalogue services models runtimes manifests-alone main branch
cp "$quickstart/service.yaml" .
cp "$quickstart/service.yaml" services
cp "$quickstart/catalogue.yaml" catalogue
cp catalogue/* models
cp catalogue/* service.yaml manifests-alone
sed 's/v0.9.1/v0.9.2/' catalogue/catalogue.yaml > runtimes/vllm.yaml
cp -r catalogue services main
cp -r catalogue services branch
cp runtimes/vllm.yaml branch/catalogue/catalogue.yaml

for namespace in prod team-a argocd; do kubectl create namespace $namespace; done
kubectl -n argocd create configmap argocd-cm
kubectl apply -f catalogue
sed 's/vllm-qwen3/vllm-old/; s/autoSelect: true/autoSelect: false/' catalogue/catalogue.yaml | kubectl apply -f -
kubectl apply -n prod -f service.yaml
kubectl apply -n team-a -f service.yaml
sed 's/name: chat/name: llama-chat/' service.yaml | kubectl apply -n prod -f -
sed 's/name: chat/name: search/' service.yaml | kubectl apply -n team-a -f -
kubectl label -n team-a inferenceservice chat tier=batch
kubectl wait --for=condition=Ready inferenceservices --all --all-namespaces --timeout=2m

isvc dump > cluster.json
cp cluster.json cluster.yaml
last=$(ls "$recordings"/*team-a_chat.json | tail -1)
cp "$last" isvc-20260506T100000.000Z-000001-team-a_chat.json
cp "$last" recording.json
mkdir recordings-alone
cp "$last" recordings-alone

# A port that no cluster takes.
mkdir -p refused/services
cp -r catalogue refused
cat > refused/services/chat.yaml <<'END'
# What a team writes.
apiVersion: ome.io/v1beta1
kind: InferenceService
metadata:
  name: chat
  namespace: team-a
spec:
  model:
    name: qwen3-8b
  engine:
    runner:
      name: ome-container
      ports:
      - containerPort: 99999
        name: http
END

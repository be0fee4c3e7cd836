# Lets two services of the pages hold a change of their runtime back.
set -euo pipefail
for service in prod/llama-chat team-a/search; do
  kubectl annotate --overwrite -n "${service%/*}" inferenceservice "${service#*/}" isvc.io/on-catalogue-change=Hold
done
kubectl patch clusterservingruntime vllm-qwen3 --type=json \
  --patch "[{\"op\": \"replace\", \"path\": \"/spec/engineConfig/runner/image\", \"value\": \"docker.io/vllm/vllm-openai:v0.9.$1\"}]"
for service in prod/llama-chat team-a/search; do
  kubectl wait --for=condition=UpdateAvailable -n "${service%/*}" inferenceservice "${service#*/}" --timeout=1m
done

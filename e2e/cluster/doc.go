// Package cluster runs a real Kubernetes control plane for tests: etcd,
// kube-apiserver, kube-controller-manager, kube-scheduler and kwok in the
// kubelet's place, all on loopback, with the custom resource definitions of
// this project and of every optional kind it writes.
//
// The programs are built from Go modules and kept between runs. Everything a
// cluster starts or writes is gone when the test process ends, however it ends.
package cluster

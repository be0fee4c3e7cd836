package lint

import (
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/redact"
)

func mutableImage(s *subject, found report) {
	for _, c := range s.allContainers() {
		if tag, mutable := mutableTag(c.Image); mutable {
			found(c.workload.objectName(), c.field+".image", "the image %s has %s, and %s: name a version or a digest", c.Image, tag, pullConsequence(c.ImagePullPolicy))
		}
	}
}

// allContainers returns the containers of all pods, with the init containers.
func (s *subject) allContainers() []container {
	all := s.mainContainers()
	for i := range s.workloads {
		w := &s.workloads[i]
		for j := range w.pods {
			p := &w.pods[j]
			for k := range p.spec.InitContainers {
				c := &p.spec.InitContainers[k]
				all = append(all, container{Container: c, workload: w, pod: p, field: p.field + ".initContainers[" + c.Name + "]"})
			}
		}
	}
	return all
}

// mutableTag reports whether an image can change under its name, and its tag.
func mutableTag(image string) (tag string, mutable bool) {
	if image == "" || strings.Contains(image, "@") {
		return "", false
	}
	name := image[strings.LastIndex(image, "/")+1:]
	_, tag, tagged := strings.Cut(name, ":")
	switch {
	case !tagged:
		return "no tag", true
	case tag == "latest":
		return "the tag latest", true
	}
	return tag, false
}

// pullConsequence is what happens with a pull policy when the image changes.
func pullConsequence(policy corev1.PullPolicy) string {
	if policy == corev1.PullIfNotPresent || policy == corev1.PullNever {
		return "nodes keep what they pulled first, so they can run different versions"
	}
	return "it is pulled at every start, so a restart can change the version"
}

func alwaysPulls(s *subject, found report) {
	for _, c := range s.acceleratedContainers() {
		if _, mutable := mutableTag(c.Image); !mutable && c.ImagePullPolicy == corev1.PullAlways {
			found(c.workload.objectName(), c.field+".imagePullPolicy", "imagePullPolicy is Always for the fixed version %s: set it to IfNotPresent", c.Image)
		}
	}
}

func secretInEnvironment(s *subject, found report) {
	for _, c := range s.allContainers() {
		for _, env := range c.Env {
			if env.Value != "" && redact.IsSecretName(env.Name) && !strings.Contains(env.Value, "$(") {
				found(c.workload.objectName(), c.field+".env["+env.Name+"]", "the variable %s looks like a secret and has its value in the manifest: use valueFrom.secretKeyRef", env.Name)
			}
		}
	}
}

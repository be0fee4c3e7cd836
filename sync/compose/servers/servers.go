// Package servers recognises the program that a component runs, by its command, its image and the
// annotations that are about it. It is the one place that does.
package servers

import (
	"fmt"
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
)

// Recognize returns the program of the container that serves. A container that does not exist is nil. The
// first of these that names a program decides:
//
//	command and arguments   vllm serve, python -m vllm.entrypoints…, sglang.launch_server, sglang serve,
//	                        trtllm-serve, launch_triton_server.py; a router of one of them is none
//	image                   vllm, sglang, or trtllm and tensorrt-llm in its name or tag, but no router
//	annotations             runtime.ome.io/probe-profile
//
// Only a command tells how a program was started, so that only there a flag can be said to be missing.
func Recognize(serving *corev1.Container, annotations map[string]string) modes.Server {
	if serving == nil {
		return modes.Server{Why: "it has no container that serves"}
	}
	words := wordsOf(serving)
	if at := slices.IndexFunc(words, func(word string) bool { return engineOfWord(word) != "" }); at >= 0 {
		engine := engineOfWord(words[at])
		return modes.Server{Engine: engine, Why: fmt.Sprintf("its command has %s", words[at]), NoMetrics: whyNoMetrics(engine, words)}
	}
	isRouter := slices.ContainsFunc(words, isNameOfRouter)
	if engine := engineOfImage(serving.Image); engine != "" && !isRouter {
		return modes.Server{Engine: engine, Why: "its image is " + serving.Image}
	}
	if engine := engineOfProfile(annotations[v1beta1.AnnotationProbeProfile]); engine != "" && !isRouter {
		return modes.Server{Engine: engine, Why: "annotation " + v1beta1.AnnotationProbeProfile + " is about it"}
	}
	return modes.Server{Why: "neither its command nor its image " + serving.Image + " names a server that is known"}
}

// wordsOf are the words of a command and its arguments, those of scripts too, without quotes.
func wordsOf(c *corev1.Container) []string {
	var words []string
	for _, text := range slices.Concat(c.Command, c.Args) {
		words = append(words, strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n\\;&|()\"'", r) })...)
	}
	return words
}

// engineOfWord is the program that a word of a command starts; empty where it starts none.
func engineOfWord(word string) modes.Engine {
	switch base := path.Base(word); {
	case strings.HasPrefix(word, "-"), isNameOfRouter(word):
		return ""
	case base == "vllm", strings.HasPrefix(word, "vllm.entrypoints"):
		return modes.EngineVLLM
	case base == "sglang", word == "sglang.launch_server", word == "sglang_launch_server":
		return modes.EngineSGLang
	case base == "trtllm-serve":
		return modes.EngineTensorRT
	case base == "launch_triton_server.py":
		return modes.EngineTriton
	}
	return ""
}

// isNameOfRouter reports whether the name of a program is that of a router before servers.
func isNameOfRouter(name string) bool { return strings.Contains(name, "router") }

// engineOfImage is the program that an image has by its name; empty where the name says none.
func engineOfImage(image string) modes.Engine {
	name := strings.ToLower(image)
	if at := strings.IndexByte(name, '/'); at >= 0 && strings.ContainsAny(name[:at], ".:") {
		name = name[at+1:] // without the registry
	}
	isTensorRT := strings.Contains(name, "trtllm") || strings.Contains(name, "tensorrt-llm") || strings.Contains(name, "tensorrt_llm")
	switch {
	case isNameOfRouter(name):
		return ""
	case strings.Contains(name, "tritonserver") && isTensorRT:
		return modes.EngineTriton
	case isTensorRT:
		return modes.EngineTensorRT
	case strings.Contains(name, "sglang"):
		return modes.EngineSGLang
	case strings.Contains(name, "vllm"):
		return modes.EngineVLLM
	}
	return ""
}

// engineOfProfile is the program whose probes a profile has; empty without one.
func engineOfProfile(profile string) modes.Engine {
	switch profile {
	case "vllm-http":
		return modes.EngineVLLM
	case "sglang-http":
		return modes.EngineSGLang
	}
	return ""
}

// whyNoMetrics says why a program that was started with some words serves no metrics; empty where it does,
// or where a file of settings may say so.
func whyNoMetrics(engine modes.Engine, words []string) string {
	has := func(flag string) bool {
		return slices.ContainsFunc(words, func(word string) bool {
			name, _, _ := strings.Cut(strings.ReplaceAll(word, "_", "-"), "=")
			return name == flag
		})
	}
	switch {
	case engine == modes.EngineSGLang && !has("--enable-metrics") && !has("--config"):
		return "add --enable-metrics to its arguments"
	case engine == modes.EngineVLLM && has("--disable-log-stats"):
		return "remove --disable-log-stats from its arguments"
	}
	return ""
}

//go:build js

package main

import (
	"encoding/json"
	"syscall/js"
)

// main gives the page a function: isvcAnswer(manifests) returns an answer as JSON, or {"error": …}.
func main() {
	js.Global().Set("isvcAnswer", js.FuncOf(func(_ js.Value, arguments []js.Value) any {
		return answerAsJSON(arguments[0].String())
	}))
	js.Global().Call("isvcIsReady")
	select {}
}

func answerAsJSON(manifests string) string {
	var out any
	out, err := answerTo(manifests)
	if err != nil {
		out = map[string]string{"error": err.Error()}
	}
	text, err := json.Marshal(out)
	if err != nil {
		return `{"error": "the answer cannot be written"}`
	}
	return string(text)
}

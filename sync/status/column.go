package status

import (
	"unicode/utf8"

	"github.com/isvc-io/isvc/api/v1beta1"
)

const (
	// widthOfLine is what a line of kubectl get -A takes at most, with names and words of usual length.
	widthOfLine = 120
	// widthOfOtherColumns is what the columns take that hardly vary. One space of three ends each.
	widthOfOtherColumns = len("Serving   " + "ImagePullBackOff   " + "REPLICAS   " + "GPUS   " + "365d")
	// The names of a runtime and of a model are never shortened to less than the one, and always to the other.
	leastWidthOfName, mostWidthOfName = 12, 20
)

// roomForNames is what the columns NAMESPACE, NAME and MODE leave of a line for RUNTIME and MODEL together. It
// depends on nothing that changes while a service runs, so that the shortened names stay the same.
func roomForNames(service *v1beta1.InferenceService, mode string) int {
	const gap = len("   ")
	room := widthOfLine - widthOfOtherColumns - 2*gap
	for column, value := range map[string]string{"NAMESPACE": service.Namespace, "NAME": service.Name, "MODE": mode} {
		room -= max(len(column), utf8.RuneCountInString(value)) + gap
	}
	return room
}

// shortenForColumns shortens the names of a runtime and of a model so that they fit into a room together. One
// gets what the other leaves, else each gets half.
func shortenForColumns(runtime, model string, room int) (shortRuntime, shortModel string) {
	widthFor := func(other string) int {
		return min(max(room-min(utf8.RuneCountInString(other), (room+1)/2), leastWidthOfName), mostWidthOfName)
	}
	return shortenInTheMiddle(runtime, widthFor(model)), shortenInTheMiddle(model, widthFor(runtime))
}

// shortenInTheMiddle leaves out what is in the middle of a name that is wider than allowed. The end, which
// tells variants of a model apart, keeps twice as much as the beginning.
func shortenInTheMiddle(name string, width int) string {
	runes := []rune(name)
	if len(runes) <= width {
		return name
	}
	head := (width - 1) / 3
	return string(runes[:head]) + "…" + string(runes[len(runes)-(width-1-head):])
}

package ignored

// The reasons of findings about what has no effect. Seen in SpecHonored.
const (
	// ReasonRuntimeFieldIgnored: a field of the runtime has no effect on the service. Fix: correct the
	// runtime as the message says.
	ReasonRuntimeFieldIgnored = "RuntimeFieldIgnored"
	// ReasonAnnotationIgnored: an annotation or label has no effect: it is misspelt, has a value that
	// does not exist, is on the wrong object or in a mode that does not read it. Fix: correct, move or
	// remove it as the message says.
	ReasonAnnotationIgnored = "AnnotationIgnored"
)

package compose

// hidden stands in a trace for a value that must not be shown.
const hidden = "(hidden)"

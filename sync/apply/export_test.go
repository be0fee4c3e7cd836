package apply

// Size is the size that Safe assumes of a tree.
func Size(value any) int {
	size, _ := inspect(value, 0)
	return size
}

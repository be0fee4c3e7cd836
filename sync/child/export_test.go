package child

// Size is the size that CheckAppliable assumes of a tree, and Most the bound on it that is
// found first.
func Size(value any) int { return size(value) }

// Most see Size.
func Most(value any) int {
	most, _ := inspect(value, 0)
	return most
}

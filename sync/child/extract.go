package child

// extract returns the part of value that fields hold. A field held as a whole is copied, except that an empty map
// which other managers have filled stays empty.
func extract(value any, fields, others *Fields, depth int) any {
	if depth > maxDepth {
		return nil
	}
	switch v := value.(type) {
	case map[string]any:
		if !fields.Leaf() || hasNames(others) {
			return extractMap(v, fields, others, depth)
		}
	case []any:
		if !fields.Leaf() {
			return extractList(v, fields, others, depth)
		}
	}
	return Copy(value)
}

func hasNames(fields *Fields) bool { return fields != nil && len(fields.Names) > 0 }

func extractMap(m map[string]any, fields, others *Fields, depth int) map[string]any {
	out := make(map[string]any, len(fields.Names))
	for name, member := range fields.Names {
		if value, ok := m[name]; ok {
			out[name] = extract(value, member, others.Name(name), depth+1)
		}
	}
	return out
}

// extractList returns the held items of a list in their observed order.
func extractList(list []any, fields, others *Fields, depth int) []any {
	out := []any{}
	for i, item := range list {
		if held, ok := extractItem(i, item, fields, others, depth); ok {
			out = append(out, held)
		}
	}
	return out
}

func extractItem(i int, item any, fields, others *Fields, depth int) (any, bool) {
	if held, ok := fields.ItemOf(item); ok {
		return extractKeyed(item, held, others.Item(held.Keys), depth), true
	}
	if fields.HasValue(item) {
		return Copy(item), true
	}
	if held := fields.Indexes[i]; held != nil {
		return extract(item, held, nil, depth+1), true
	}
	return nil, false
}

// extractKeyed returns the held part of an item that was found by its keys, which it needs to be found again.
func extractKeyed(item any, held Item, others *Fields, depth int) any {
	m, _ := item.(map[string]any)
	out := extractMap(m, held.Fields, others, depth+1)
	for key := range held.Keys {
		out[key] = Copy(m[key])
	}
	return out
}

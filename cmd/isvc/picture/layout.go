package picture

import "slices"

// columnPlaces say where the nodes of a column are, in rows from the top.
type columnPlaces struct {
	// at is the upper edge of each node, and middles are their middles by identifier.
	at      []float64
	middles map[string]float64
	// end is the lower edge of the column.
	end float64
}

// placesOf places nodes beside those that they are joined with. The longest column has no spaces; the columns
// before it follow what they lead to, the columns after it what they come from, and the first column begins at
// the top, where a reader does.
//
//	input ─┬─ engine ─┬─ Deployment ─── pod
//	       │          └─ Service
//	       └─ router ─── Deployment
func placesOf(columns []Column, edges []Edge) []columnPlaces {
	places := make([]columnPlaces, len(columns))
	longest := 0
	for i := range columns {
		if columns[i].rows() > columns[longest].rows() {
			longest = i
		}
	}
	if len(columns) == 0 {
		return nil
	}
	places[longest] = placeBeside(&columns[longest], nil)
	for i := longest - 1; i >= 0; i-- {
		wanted := map[string][]float64{}
		for _, edge := range edges {
			if y, joined := places[i+1].middles[edge.To]; joined && i > 0 {
				wanted[edge.From] = append(wanted[edge.From], y)
			}
		}
		places[i] = placeBeside(&columns[i], wanted)
	}
	for i := longest + 1; i < len(columns); i++ {
		wanted := map[string][]float64{}
		for _, edge := range edges {
			if y, joined := places[i-1].middles[edge.From]; joined {
				wanted[edge.To] = append(wanted[edge.To], y)
			}
		}
		places[i] = placeBeside(&columns[i], wanted)
	}
	return places
}

// placeBeside places the nodes of a column in their order, each as near to the middle of what it is joined with as
// the nodes before it and room for those after it allow.
func placeBeside(column *Column, wanted map[string][]float64) columnPlaces {
	places := columnPlaces{middles: map[string]float64{}}
	free := 0.0
	for i := range column.Nodes {
		y := free
		if joined := wanted[column.Nodes[i].ID]; len(joined) > 0 {
			y = max(free, (slices.Min(joined)+slices.Max(joined))/2-0.5)
		}
		places.at = append(places.at, y)
		free = y + 1
	}
	for i := range places.at {
		places.middles[column.Nodes[i].ID] = places.at[i] + 0.5
	}
	places.end = free
	if column.Left > 0 {
		places.end++
	}
	return places
}

// rows are the rows that a column takes without spaces.
func (c *Column) rows() int {
	if c.Left > 0 {
		return len(c.Nodes) + 1
	}
	return len(c.Nodes)
}

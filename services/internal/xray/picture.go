package xray

import "slices"

// Sizes of the picture, in pixels.
const (
	column = 260
	row    = 130
	radius = 34
)

// Picture is a map with places: columns from left to right along the calls.
type Picture struct {
	Width, Height int
	Circles       []Circle
	Lines         []Line
}

// Circle is a node.
type Circle struct {
	*Node
	X, Y int
}

// Line is an edge from circle to circle; the label stands at LabelX, LabelY.
type Line struct {
	*Edge
	X1, Y1, X2, Y2, LabelX, LabelY int
}

// PictureOf places a map's nodes: each one column to the right of the farthest of its callers.
func PictureOf(m Map) Picture {
	depths := depths(m)
	p := Picture{Width: column, Height: row}
	rows, places := map[int]int{}, map[string]Circle{}
	for _, node := range m.Nodes {
		depth := depths[node.Name]
		circle := Circle{node, column/2 + depth*column, row/2 + rows[depth]*row}
		rows[depth]++
		places[node.Name] = circle
		p.Circles = append(p.Circles, circle)
		p.Width, p.Height = max(p.Width, (depth+1)*column), max(p.Height, rows[depth]*row)
	}
	for _, edge := range m.Edges {
		from, to := places[edge.From], places[edge.To]
		x1, x2 := from.X+radius, to.X-radius
		p.Lines = append(p.Lines, Line{edge, x1, from.Y, x2, to.Y, (x1 + x2) / 2, (from.Y+to.Y)/2 - 6})
	}
	return p
}

// depths are the columns. Services that call each other in a circle end where the number of nodes ends.
func depths(m Map) map[string]int {
	depths := map[string]int{}
	for range m.Nodes {
		for _, edge := range m.Edges {
			deeper := min(depths[edge.From]+1, len(m.Nodes)-1)
			if edge.From != edge.To && depths[edge.To] < deeper {
				depths[edge.To] = deeper
			}
		}
	}
	// Columns that a circle of calls has left empty are closed up.
	used := slices.Compact(slices.Sorted(func(yield func(int) bool) {
		for _, node := range m.Nodes {
			if !yield(depths[node.Name]) {
				return
			}
		}
	}))
	for name, depth := range depths {
		depths[name], _ = slices.BinarySearch(used, depth)
	}
	return depths
}

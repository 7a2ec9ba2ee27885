package observe

import (
	"fmt"
	"slices"
)

// picture is a graph with places, in pixels: callers to the left of those they call.
type picture struct {
	Width, Height int
	Boxes         []box
	Lines         []line
}

type box struct {
	Service, Namespace  string
	X, Y, Width, Height int
	Rows                []row
}

type row struct {
	Text string
	X, Y int
}

type line struct {
	Path, Label, Hint string
	X, Y              int
	Thickness         float64
	Failed            bool
}

const (
	margin, boxWidth, headerHeight, rowHeight = 20, 180, 34, 26
	boxGap, columnGap                         = 28, 160
)

// pictureOf places every service in the column of its hops from the entry, each as a box with a row a version.
func pictureOf(graph Graph) picture {
	versions := map[Workload][]Workload{}
	for _, edge := range graph.Edges {
		for _, workload := range []Workload{edge.From, edge.To} {
			if service := serviceOf(workload); !slices.Contains(versions[service], workload) {
				versions[service] = append(versions[service], workload)
			}
		}
	}
	columns := columnsOf(graph)
	drawn := picture{Width: 2*margin + boxWidth}
	for _, services := range columns {
		height := margin
		for _, service := range services {
			height += headerHeight + rowHeight*len(versions[service]) + boxGap
		}
		drawn.Height = max(drawn.Height, height)
	}
	places := map[Workload]row{}
	for at, services := range columns {
		x, y := margin+at*(boxWidth+columnGap), margin
		for _, service := range services {
			slices.SortFunc(versions[service], byName)
			one := box{service.Service, service.Namespace, x, y, boxWidth, headerHeight + rowHeight*len(versions[service]), nil}
			for nth, workload := range versions[service] {
				places[workload] = row{workload.Version, x, y + headerHeight + nth*rowHeight + rowHeight/2 - 2}
				one.Rows = append(one.Rows, places[workload])
			}
			drawn.Boxes = append(drawn.Boxes, one)
			y += one.Height + boxGap
		}
		drawn.Width = max(drawn.Width, x+boxWidth+margin)
	}
	for _, edge := range graph.Edges {
		drawn.Lines = append(drawn.Lines, lineOf(edge, places[edge.From], places[edge.To]))
	}
	return drawn
}

func lineOf(edge Edge, from, to row) line {
	x := from.X + boxWidth
	path := fmt.Sprintf("M%d %d C%d %d %d %d %d %d", x, from.Y, x+columnGap/2, from.Y, to.X-columnGap/2, to.Y, to.X, to.Y)
	label := fmt.Sprintf("%.1f %%", edge.Share)
	if edge.Failed > 0 {
		label += fmt.Sprintf(", %.1f %% failed", edge.Failed)
	}
	hint := fmt.Sprintf("%s to %s: %.1f requests/s", edge.From, edge.To, edge.Rate)
	return line{path, label, hint, to.X - 8, to.Y - 5, 1 + edge.Share/12, edge.Failed > 0}
}

// columnsOf puts every service behind all who call it; a call back into a circle is not followed.
func columnsOf(graph Graph) [][]Workload {
	calls := map[Workload][]Workload{}
	called := map[Workload]bool{}
	var all []Workload
	for _, edge := range graph.Edges {
		from, to := serviceOf(edge.From), serviceOf(edge.To)
		calls[from] = append(calls[from], to)
		called[to] = called[to] || from != to
		all = append(all, from, to)
	}
	slices.SortFunc(all, byName)
	all = slices.Compact(all)
	column := map[Workload]int{}
	var place func(service Workload, at int, way []Workload)
	place = func(service Workload, at int, way []Workload) {
		if before, ok := column[service]; slices.Contains(way, service) || (ok && at <= before) {
			return
		}
		column[service] = at
		for _, next := range calls[service] {
			place(next, at+1, append(slices.Clone(way), service))
		}
	}
	for _, entries := range []bool{true, false} {
		for _, service := range all {
			if _, placed := column[service]; !placed && called[service] != entries {
				place(service, 0, nil)
			}
		}
	}
	var columns [][]Workload
	for _, service := range all {
		for len(columns) <= column[service] {
			columns = append(columns, nil)
		}
		columns[column[service]] = append(columns[column[service]], service)
	}
	return columns
}

func serviceOf(workload Workload) Workload {
	workload.Version = ""
	return workload
}

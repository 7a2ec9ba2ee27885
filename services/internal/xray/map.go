package xray

import (
	"cmp"
	"slices"
)

// Map is who called whom in a set of traces: what X-Ray calls the service map.
type Map struct {
	Traces int     `json:"traces"`
	Nodes  []*Node `json:"nodes"`
	Edges  []*Edge `json:"edges"`
}

// Node is a caller or a callee.
type Node struct {
	Name string `json:"name"`
	// Kind is client (whoever began the trace), service, database, or remote for one that writes no segments.
	Kind     string `json:"kind"`
	Version  string `json:"version,omitempty"`
	Requests int    `json:"requests"`
	Errors   int    `json:"errors"`
	Faults   int    `json:"faults"`
	// AverageMs is the mean time of a request, in milliseconds.
	AverageMs float64 `json:"averageMs"`
	seconds   float64
}

// Edge is the calls from one node to another.
type Edge struct {
	From     string `json:"from"`
	To       string `json:"to"`
	Requests int    `json:"requests"`
	// Percent is the share among all calls from the same node to services that are versions of the same thing: that is,
	// among all its calls that were made under the same name.
	Percent float64 `json:"percent"`
	// as is the name under which the caller made the calls.
	as string
}

const client = "client"

// MapOf puts the traces together.
func MapOf(traces []Trace) Map {
	m := drawing{nodes: map[string]*Node{}, edges: map[[3]string]*Edge{}}
	for _, trace := range traces {
		m.add(trace)
	}
	return m.finished(len(traces))
}

type drawing struct {
	nodes map[string]*Node
	edges map[[3]string]*Edge
}

// caller is who made a call, and under which name.
type caller struct{ name, as string }

func (d *drawing) add(trace Trace) {
	callers := map[string]caller{}
	for _, segment := range trace.Segments {
		callers[segment.ID] = caller{segment.Name, segment.Name}
		for _, call := range segment.Subsegments {
			callers[call.ID] = caller{segment.Name, call.Name}
		}
	}
	answered := map[string]bool{}
	for _, segment := range trace.Segments {
		answered[segment.ParentID] = true
		d.count(segment, "service")
		if by, known := callers[segment.ParentID]; known {
			d.edge(by.name, segment.Name, by.as)
		} else if segment.ParentID == "" {
			d.count(&Segment{Name: client}, client)
			d.edge(client, segment.Name, segment.Name)
		}
	}
	for _, segment := range trace.Segments {
		for _, call := range segment.Subsegments {
			if call.Namespace != "remote" || answered[call.ID] {
				continue
			}
			kind := "remote"
			if call.SQL != nil {
				kind = "database"
			}
			d.count(call, kind)
			d.edge(segment.Name, call.Name, call.Name)
		}
	}
}

func (d *drawing) count(segment *Segment, kind string) {
	node := d.nodes[segment.Name]
	if node == nil {
		node = &Node{Name: segment.Name, Kind: kind}
		d.nodes[segment.Name] = node
	}
	if segment.Service != nil {
		node.Version = segment.Service.Version
	}
	node.Requests++
	if segment.Error {
		node.Errors++
	}
	if segment.Fault {
		node.Faults++
	}
	node.seconds += max(0, segment.End-segment.Start)
}

func (d *drawing) edge(from, to, as string) {
	key := [3]string{from, to, as}
	if d.edges[key] == nil {
		d.edges[key] = &Edge{From: from, To: to, as: as}
	}
	d.edges[key].Requests++
}

func (d *drawing) finished(traces int) Map {
	m := Map{Traces: traces, Nodes: []*Node{}, Edges: []*Edge{}}
	for _, node := range d.nodes {
		node.AverageMs = 1000 * node.seconds / float64(node.Requests)
		m.Nodes = append(m.Nodes, node)
	}
	calls := map[caller]int{}
	for _, edge := range d.edges {
		calls[caller{edge.From, edge.as}] += edge.Requests
		m.Edges = append(m.Edges, edge)
	}
	for _, edge := range m.Edges {
		edge.Percent = 100 * float64(edge.Requests) / float64(calls[caller{edge.From, edge.as}])
	}
	slices.SortFunc(m.Nodes, func(a, b *Node) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(m.Edges, func(a, b *Edge) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.as, b.as))
	})
	return m
}

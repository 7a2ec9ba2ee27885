package observe

import (
	"cmp"
	"maps"
	"slices"
)

// Workload is a service in a version.
type Workload struct {
	Namespace string `json:"namespace"`
	Service   string `json:"service"`
	Version   string `json:"version"`
}

func (w Workload) String() string {
	if w.Version == "" {
		return w.Service
	}
	return w.Service + " " + w.Version
}

// Edge is what one workload sent to another.
type Edge struct {
	From Workload `json:"from"`
	To   Workload `json:"to"`
	// Rate is requests a second.
	Rate float64 `json:"rate"`
	// Share is percent of all that the caller sent, and ShareOfService of what it sent to this service.
	Share          float64 `json:"share"`
	ShareOfService float64 `json:"shareOfService"`
	// Failed is the percentage that was answered 5xx.
	Failed float64 `json:"failed"`
}

// Graph is who called whom.
type Graph struct {
	Seconds float64 `json:"seconds"`
	Edges   []Edge  `json:"edges"`
}

type counts struct{ requests, failed float64 }

func (c *counts) add(sample Sample) {
	c.requests += sample.Value
	if sample.Labels["class"] == "5xx" {
		c.failed += sample.Value
	}
}

func graphOf(samples []Sample, seconds float64) Graph {
	type pair struct{ from, to Workload }
	byEdge, bySource, byService := map[pair]*counts{}, map[Workload]*counts{}, map[pair]*counts{}
	only := onlyVersions(samples)
	for _, sample := range samples {
		if sample.Value <= 0 {
			continue
		}
		edge := pair{source(sample), destination(sample)}
		if edge.to.Version == "" {
			edge.to.Version = only[edge.to]
		}
		service := edge
		service.to.Version = ""
		sum(byEdge, edge, sample)
		sum(bySource, edge.from, sample)
		sum(byService, service, sample)
	}
	edges := []Edge{}
	for edge, counted := range byEdge {
		service := edge
		service.to.Version = ""
		edges = append(edges, Edge{
			From: edge.from, To: edge.to, Rate: counted.requests / seconds,
			Share:          100 * counted.requests / bySource[edge.from].requests,
			ShareOfService: 100 * counted.requests / byService[service].requests,
			Failed:         100 * counted.failed / counted.requests,
		})
	}
	slices.SortFunc(edges, func(a, b Edge) int { return cmp.Or(byName(a.From, b.From), byName(a.To, b.To)) })
	return Graph{seconds, edges}
}

// onlyVersions has, for services that call others in one version alone, that version: a route to them need not name it.
func onlyVersions(samples []Sample) map[Workload]string {
	versions := map[Workload]string{}
	for _, sample := range samples {
		from := source(sample)
		version, service := from.Version, serviceOf(from)
		if before, ok := versions[service]; ok && before != version {
			version = ""
		}
		versions[service] = version
	}
	return versions
}

// Row is how a workload served within the window.
type Row struct {
	Workload
	// Rate is requests a second, and Success the percentage that was not answered 5xx.
	Rate    float64 `json:"rate"`
	Success float64 `json:"success"`
	// Latency is milliseconds by quantile: p50, p95, p99.
	Latency map[string]float64 `json:"latency"`
}

// Workloads is every workload that got requests.
type Workloads struct {
	Seconds float64 `json:"seconds"`
	Rows    []Row   `json:"workloads"`
}

func workloadsOf(samples []Sample, latencies map[string][]Sample, seconds float64) Workloads {
	served := map[Workload]*counts{}
	for _, sample := range samples {
		if sample.Value > 0 {
			sum(served, destination(sample), sample)
		}
	}
	rows := []Row{}
	for _, workload := range slices.SortedFunc(maps.Keys(served), byName) {
		counted := served[workload]
		row := Row{workload, counted.requests / seconds, 100 * (1 - counted.failed/counted.requests), map[string]float64{}}
		for quantile, values := range latencies {
			for _, sample := range values {
				if destination(sample) == workload {
					row.Latency[quantile] = sample.Value
				}
			}
		}
		rows = append(rows, row)
	}
	return Workloads{seconds, rows}
}

func sum[K comparable](sums map[K]*counts, key K, sample Sample) {
	if sums[key] == nil {
		sums[key] = &counts{}
	}
	sums[key].add(sample)
}

func source(s Sample) Workload {
	return Workload{s.Labels["source_namespace"], s.Labels["source"], s.Labels["source_version"]}
}

func destination(s Sample) Workload {
	return Workload{s.Labels["destination_namespace"], s.Labels["destination"], s.Labels["destination_version"]}
}

func byName(a, b Workload) int {
	return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Version, b.Version))
}

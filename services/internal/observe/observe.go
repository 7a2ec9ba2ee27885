// Package observe is upshift's own view of the mesh, for where Kiali, Grafana and Jaeger can't be had: it reads
// Prometheus for who calls whom and how well, and keeps the latest traces that the proxies send.
package observe

import (
	"log/slog"
	"net/http"
	"strings"

	"upshift/services/internal/problem"
	"upshift/services/internal/server"
)

// View answers for all three: /graph (Kiali's place), /workloads (Grafana's) and /traces (Jaeger's); each as JSON
// below /api. It takes spans as Zipkin
// does, and tells a Prometheus that can't list pods itself where they are (/targets).
type View struct {
	prometheus prometheus
	queries    Queries
	traces     *Traces
	pods       *podLister
}

// New makes the view for the pod with the given address.
func New(address string, config Config, log *slog.Logger) http.Handler {
	view := &View{prometheus{config.Prometheus, &http.Client{Timeout: config.Timeout}}, config.Queries, NewTraces(config.MaxSpans), config.pods}
	routes := server.NewRoutes(address, log)
	routes.HandleRaw("GET /{$}", view.front)
	routes.HandleRaw("GET /graph", page("graph", view.graph))
	routes.HandleRaw("GET /workloads", page("workloads", view.workloads))
	routes.HandleRaw("GET /traces", page("traces", view.recent))
	routes.HandleRaw("GET /traces/{id}", page("trace", view.trace))
	routes.Handle("GET /api/graph", untyped(view.graph))
	routes.Handle("GET /api/workloads", untyped(view.workloads))
	routes.Handle("GET /api/traces", untyped(view.recent))
	routes.Handle("GET /api/traces/{id}", untyped(view.trace))
	routes.Handle("GET /targets", untyped(view.targets))
	routes.HandleRaw("POST /api/v2/spans", view.take)
	return routes
}

// front leads to what a host's first label stands for: kiali.<domain> shows the graph.
func (v *View) front(w http.ResponseWriter, r *http.Request) {
	first, _, _ := strings.Cut(r.Host, ".")
	at := map[string]string{"kiali": "/graph", "grafana": "/workloads", "tracing": "/traces"}[first]
	if at == "" {
		at = "/graph"
	}
	http.Redirect(w, r, at, http.StatusFound)
}

func (v *View) graph(r *http.Request) (Graph, error) {
	samples, err := v.prometheus.query(r.Context(), v.queries.Edges)
	if err != nil {
		return Graph{}, err
	}
	return graphOf(samples, v.queries.Window), nil
}

func (v *View) workloads(r *http.Request) (Workloads, error) {
	samples, err := v.prometheus.query(r.Context(), v.queries.Edges)
	if err != nil {
		return Workloads{}, err
	}
	latencies := map[string][]Sample{}
	for quantile, query := range v.queries.Latency {
		if latencies[quantile], err = v.prometheus.query(r.Context(), query); err != nil {
			return Workloads{}, err
		}
	}
	return workloadsOf(samples, latencies, v.queries.Window), nil
}

func (v *View) recent(*http.Request) ([]Summary, error) {
	return v.traces.Recent(50), nil
}

func (v *View) trace(r *http.Request) (Trace, error) {
	trace, ok := v.traces.Get(r.PathValue("id"))
	if !ok {
		return Trace{}, problem.New(http.StatusNotFound, "There is no trace %q here (any more): only the latest are kept", r.PathValue("id"))
	}
	return trace, nil
}

// take stores spans in Zipkin's format, version 2; the proxies send them.
func (v *View) take(w http.ResponseWriter, r *http.Request) {
	spans, err := server.ReadJSON[[]Span](r)
	if err != nil {
		problem.Write(w, r, err, "")
		return
	}
	v.traces.Add(spans)
	w.WriteHeader(http.StatusAccepted)
}

func untyped[T any](answer func(*http.Request) (T, error)) func(*http.Request) (any, error) {
	return func(r *http.Request) (any, error) { return answer(r) }
}

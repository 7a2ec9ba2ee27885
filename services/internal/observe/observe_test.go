package observe

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var silent = slog.New(slog.DiscardHandler)

// prometheusWith answers each query with the vector under its name, as Prometheus does.
func prometheusWith(t *testing.T, vectors map[string]string) string {
	t.Helper()
	stand := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		vector, ok := vectors[r.FormValue("query")]
		if !ok || r.URL.Path != "/api/v1/query" {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"status":"error","error":"parse error"}`)
			return
		}
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":"vector","result":[%s]}}`, vector)
	}))
	t.Cleanup(stand.Close)
	return stand.URL
}

func view(t *testing.T, prometheus string) http.Handler {
	t.Helper()
	queries := Queries{Window: 10, Edges: "edges", Latency: map[string]string{"p50": "p50"}}
	return New("pod", Config{Prometheus: prometheus, Queries: queries, Timeout: time.Second, MaxSpans: 100}, silent)
}

func edge(from, to, version, class string, requests int) string {
	return fmt.Sprintf(`{"metric":{"source":%q,"source_version":"v1","source_namespace":"hands-on","destination":%q,"destination_version":%q,"destination_namespace":"hands-on","class":%q},"value":[1,"%d"]}`, from, to, version, class, requests)
}

func ask(handler http.Handler, method, host, path, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host = host
	handler.ServeHTTP(w, r)
	return w
}

func TestTheGraphShowsEachEdgesShareOfItsCallersRequests(t *testing.T) {
	vector := strings.Join([]string{
		edge("composite", "product", "v1", "2xx", 1000), edge("composite", "recommendation", "v1", "2xx", 1000),
		edge("composite", "review", "v1", "2xx", 790), edge("composite", "review", "v2", "2xx", 200), edge("composite", "review", "v2", "5xx", 10),
		edge("gateway", "composite", "v1", "2xx", 1000), edge("composite", "unused", "v1", "2xx", 0),
	}, ",")
	handler := view(t, prometheusWith(t, map[string]string{"edges": vector}))
	answer := ask(handler, "GET", "kiali.localhost", "/api/graph", "").Body.String()
	for _, want := range []string{`"seconds":10`, `"version":"v2"},"rate":21,"share":7,"shareOfService":21,"failed":4.76`, `"rate":79,"share":26.3`, `"share":100,`} {
		if !strings.Contains(answer, want) {
			t.Errorf("%q is missing from %s", want, answer)
		}
	}
	if strings.Contains(answer, "unused") {
		t.Error("an edge without requests is shown")
	}
	page := ask(handler, "GET", "kiali.localhost", "/graph", "")
	for _, want := range []string{"7.0 %, 4.8 % failed", "26.3 %", "33.3 %", "upshift's own small view", "<svg"} {
		if page.Code != 200 || !strings.Contains(page.Body.String(), want) {
			t.Errorf("%q is missing from %d %s", want, page.Code, page.Body)
		}
	}
}

func TestWorkloadsHaveRateSuccessAndLatency(t *testing.T) {
	vectors := map[string]string{
		"edges": edge("a", "review", "v2", "2xx", 150) + "," + edge("b", "review", "v2", "5xx", 50),
		"p50":   `{"metric":{"destination":"review","destination_version":"v2","destination_namespace":"hands-on"},"value":[1,"7.5"]},{"metric":{"destination":"review","destination_version":"v1","destination_namespace":"hands-on"},"value":[1,"NaN"]}`,
	}
	answer := ask(view(t, prometheusWith(t, vectors)), "GET", "", "/api/workloads", "").Body.String()
	if want := `"version":"v2","rate":20,"success":75,"latency":{"p50":7.5}`; !strings.Contains(answer, want) {
		t.Errorf("%q is missing from %s", want, answer)
	}
	page := ask(view(t, prometheusWith(t, vectors)), "GET", "", "/workloads", "").Body.String()
	if !strings.Contains(page, "75.00 %") || !strings.Contains(page, "7.5 ms") {
		t.Error(page)
	}
}

func TestEachHostLeadsToItsPage(t *testing.T) {
	handler := view(t, "http://127.0.0.1:1")
	for host, want := range map[string]string{"kiali.192.168.1.99.nip.io": "/graph", "grafana.localhost:18080": "/workloads", "tracing.localhost": "/traces", "observe": "/graph"} {
		if got := ask(handler, "GET", host, "/", "").Header().Get("Location"); got != want {
			t.Errorf("%s leads to %s", host, got)
		}
	}
}

func TestWithoutPrometheusThePageSaysSo(t *testing.T) {
	for prometheus, want := range map[string]int{"http://127.0.0.1:1": 503, prometheusWith(t, nil): 502} {
		answer := ask(view(t, prometheus), "GET", "", "/graph", "")
		if answer.Code != want || !strings.Contains(answer.Body.String(), "Prometheus") {
			t.Errorf("%d %s", answer.Code, answer.Body)
		}
		if answer := ask(view(t, prometheus), "GET", "", "/api/graph", ""); answer.Code != want {
			t.Errorf("api: %d", answer.Code)
		}
	}
}

const spans = `[{"traceId":"t1","id":"1","name":"review.hands-on:80/*","timestamp":1000000,"duration":9000,"kind":"CLIENT","localEndpoint":{"serviceName":"product-composite.hands-on"},"tags":{"http.status_code":"200","istio.canonical_revision":"v1","guid":"left out"}},
{"traceId":"t1","id":"2","parentId":"1","name":"<b>review</b>","timestamp":1002000,"duration":3000,"kind":"SERVER","localEndpoint":{"serviceName":"review.hands-on"},"tags":{"http.status_code":"503","istio.canonical_revision":"v2"}}]`

func TestSpansThatProxiesSendBecomeTraces(t *testing.T) {
	handler := view(t, "http://127.0.0.1:1")
	if answer := ask(handler, "POST", "zipkin:9411", "/api/v2/spans", spans); answer.Code != 202 {
		t.Fatal(answer.Code, answer.Body)
	}
	list := ask(handler, "GET", "", "/api/traces", "").Body.String()
	if want := `"services":["product-composite.hands-on v1","review.hands-on v2"],"timestamp":1000000,"duration":9000,"spans":2,"failed":true`; !strings.Contains(list, want) {
		t.Errorf("%q is missing from %s", want, list)
	}
	for path, want := range map[string]string{"/traces": "9.0 ms", "/traces/t1": "left: 22.22%; width: 33.33%", "/api/traces/t1": `"parentId":"1"`} {
		if answer := ask(handler, "GET", "", path, ""); answer.Code != 200 || !strings.Contains(answer.Body.String(), want) {
			t.Errorf("%s: %q is missing from %d %s", path, want, answer.Code, answer.Body)
		}
	}
	if text := ask(handler, "GET", "", "/traces/t1", "").Body.String(); strings.Contains(text, "<b>review") || strings.Contains(text, "left out") {
		t.Error("a span's name is taken for markup, or what is not shown is kept")
	}
	if answer := ask(handler, "GET", "", "/traces/t2", ""); answer.Code != 404 {
		t.Errorf("an unknown trace: %d", answer.Code)
	}
	for _, wrong := range []string{"{", `{"traceId":"x"}`} {
		if answer := ask(handler, "POST", "", "/api/v2/spans", wrong); answer.Code != 400 {
			t.Errorf("%s: %d", wrong, answer.Code)
		}
	}
}

func TestTheStoreIsBounded(t *testing.T) {
	traces := NewTraces(100)
	long := strings.Repeat("ä", 10_000)
	for at := range 1000 {
		traces.Add([]Span{{TraceID: fmt.Sprint(at), ID: "1", Name: long, Tags: map[string]string{"error": long}}, {ID: "without a trace"}})
	}
	if got := len(traces.Recent(1000)); got != 100 {
		t.Errorf("%d traces are kept", got)
	}
	if _, ok := traces.Get("0"); ok {
		t.Error("the oldest trace is still there")
	}
	latest, ok := traces.Get("999")
	if !ok || len(latest.Spans[0].Name) > maxText || len(latest.Spans[0].Tags["error"]) > maxText {
		t.Errorf("the latest trace: %v %v", ok, latest)
	}
	for range 2 * maxSpansOfTrace {
		traces.Add([]Span{{TraceID: "one", ID: "1"}})
	}
	if one, ok := traces.Get("one"); ok && len(one.Spans) > maxSpansOfTrace {
		t.Errorf("one trace has %d spans", len(one.Spans))
	}
}

func TestSpansThatAreEachOthersParentsAreShown(t *testing.T) {
	trace := Trace{"t", []Span{{ID: "1", ParentID: "2"}, {ID: "2", ParentID: "1"}}}
	if got := len(barsOf(trace)); got != 2 {
		t.Errorf("%d bars", got)
	}
}

func TestCalleesStandRightOfTheirCallersAndCirclesEnd(t *testing.T) {
	named := func(names ...string) (edges []Edge) {
		for _, pair := range names {
			from, to, _ := strings.Cut(pair, ">")
			edges = append(edges, Edge{From: Workload{"n", from, "v1"}, To: Workload{"n", to, "v1"}})
		}
		return edges
	}
	for _, c := range []struct {
		edges []Edge
		want  string
	}{
		{named("gateway>a", "a>b", "gateway>b", "b>c"), "gateway|a|b|c"},
		{named("a>b", "b>a"), "a|b"},
		{named("a>b", "a>c", "c>c"), "a|b c"},
		{nil, ""},
	} {
		var columns []string
		for _, services := range columnsOf(Graph{1, c.edges}) {
			var names []string
			for _, service := range services {
				names = append(names, service.Service)
			}
			columns = append(columns, strings.Join(names, " "))
		}
		if got := strings.Join(columns, "|"); got != c.want {
			t.Errorf("%s, not %s", got, c.want)
		}
	}
}

func TestTheQueriesComeFromAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "queries.json")
	env := func(name string) string {
		return map[string]string{"QUERIES_FILE": file, "PROMETHEUS_URL": "http://p:1/"}[name]
	}
	if _, err := ConfigFrom(env); err == nil {
		t.Error("a missing file is no error")
	}
	for text, isFine := range map[string]bool{`{"windowSeconds":60,"edges":"up"}`: true, `{"windowSeconds":60}`: false, `{"edges":"up"}`: false, `{`: false} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		config, err := ConfigFrom(env)
		if (err == nil) != isFine || (isFine && config.Prometheus != "http://p:1") {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := ConfigFrom(func(string) string { return "" }); err == nil || !strings.Contains(err.Error(), "QUERIES_FILE") {
		t.Errorf("without QUERIES_FILE: %v", err)
	}
}

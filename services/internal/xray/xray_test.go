package xray

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"upshift/services/internal/problem"
)

var silent = slog.New(slog.DiscardHandler)

// collecting is a collector that listens on this machine.
func collecting(t *testing.T) (store *Store, address string) {
	t.Helper()
	store = NewStore()
	connection, err := Listen("127.0.0.1:0", store, silent)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	return store, connection.LocalAddr().String()
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 10 s: %s", what)
		}
	}
}

// chain is a service that calls another one, both traced into the same collector.
func chain(t *testing.T, daemon string, status int) *httptest.Server {
	t.Helper()
	calleeTracer := NewTracer(Config{Name: "V2-Notification-Microservice", Daemon: daemon, Percent: 100}, "v2", silent)
	callee := httptest.NewServer(calleeTracer.Trace(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })))
	t.Cleanup(callee.Close)
	tracer := NewTracer(Config{Name: "User-Management-Microservice", Daemon: daemon, Percent: 100}, "v1", silent)
	caller := httptest.NewServer(tracer.Trace(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		request, _ := http.NewRequest("GET", callee.URL, nil)
		finish, err := tracer.Remote(r.Context(), "notification", "GET", callee.URL, request.Header)
		if err != nil {
			t.Error(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Error(err)
			return
		}
		_ = response.Body.Close()
		if response.StatusCode != 200 {
			err = problem.New(response.StatusCode, "no")
		}
		finish(err)
		finish, _ = tracer.Query(r.Context(), "usermgmt", "mysql://mysql:3306/usermgmt")
		finish(nil)
		w.WriteHeader(response.StatusCode)
	})))
	t.Cleanup(caller.Close)
	return caller
}

func get(t *testing.T, url, trace string) {
	t.Helper()
	request, _ := http.NewRequest("GET", url, nil)
	if trace != "" {
		request.Header.Set(TraceHeader, trace)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
}

func TestARequestsWayThroughTwoServicesAndADatabaseIsOneTraceAndAMap(t *testing.T) {
	store, daemon := collecting(t)
	get(t, chain(t, daemon, 200).URL, "")
	eventually(t, "both segments arrive", func() bool {
		traces := store.Since(time.Time{}, 10)
		return len(traces) == 1 && len(traces[0].Segments) == 2
	})
	m := MapOf(store.Since(time.Time{}, 10))
	var edges []string
	for _, edge := range m.Edges {
		edges = append(edges, fmt.Sprintf("%s > %s %d %.0f%%", edge.From, edge.To, edge.Requests, edge.Percent))
	}
	want := []string{
		"User-Management-Microservice > V2-Notification-Microservice 1 100%",
		"User-Management-Microservice > usermgmt 1 100%",
		"client > User-Management-Microservice 1 100%",
	}
	if fmt.Sprint(edges) != fmt.Sprint(want) {
		t.Errorf("got %q", edges)
	}
	kinds := map[string]string{}
	for _, node := range m.Nodes {
		kinds[node.Name] = node.Kind + node.Version
	}
	if fmt.Sprint(kinds) != "map[User-Management-Microservice:servicev1 V2-Notification-Microservice:servicev2 client:client usermgmt:database]" {
		t.Errorf("got %v", kinds)
	}
}

func TestAFailureIsAFaultInBothSegmentsAndTheCall(t *testing.T) {
	store, daemon := collecting(t)
	get(t, chain(t, daemon, 503).URL, "")
	eventually(t, "both segments arrive", func() bool { return store.Counts().Segments >= 4 })
	for _, segment := range store.Since(time.Time{}, 1)[0].Segments {
		if !segment.Fault || segment.HTTP.Response.Status != 503 {
			t.Errorf("%s: %+v", segment.Name, segment)
		}
		if len(segment.Subsegments) > 0 && !segment.Subsegments[0].Fault {
			t.Errorf("the call is no fault: %+v", segment.Subsegments[0])
		}
	}
}

func TestTheCallersTraceIsTakenUpAndItsDecisionNotToWriteIsKept(t *testing.T) {
	store, daemon := collecting(t)
	caller := chain(t, daemon, 200)
	get(t, caller.URL, "Root=1-00000000-000000000000000000000001;Parent=0123456789abcdef;Sampled=0")
	get(t, caller.URL, "Root=1-00000000-000000000000000000000002; Parent=0123456789abcdef; Sampled=1")
	eventually(t, "the second trace arrives", func() bool {
		trace, known := store.Find("1-00000000-000000000000000000000002")
		return known && len(trace.Segments) == 2
	})
	if _, known := store.Find("1-00000000-000000000000000000000001"); known {
		t.Error("a trace that the caller does not sample was written")
	}
}

func TestTheMapTellsEachVersionsShareOfTheCalls(t *testing.T) {
	store := NewStore()
	for i := range 4 {
		trace, version := fmt.Sprintf("1-%d", i), "V1"
		if i == 3 {
			version = "V2"
		}
		for _, segment := range []*Segment{
			{Name: "users", ID: "a", Subsegments: []*Segment{{Name: "notification", ID: "b", Namespace: "remote"}}},
			{Name: version + "-Notification", ID: "c", ParentID: "b"},
		} {
			segment.TraceID, segment.Start = trace, 1
			store.add(segment, time.Now())
		}
	}
	got := map[string]float64{}
	for _, edge := range MapOf(store.Since(time.Time{}, 10)).Edges {
		got[edge.To] = edge.Percent
	}
	if got["V1-Notification"] != 75 || got["V2-Notification"] != 25 {
		t.Errorf("got %v", got)
	}
}

func TestACallOutsideOfAnyTraceIsRefusedOnlyWhereTheEnvironmentAsksForIt(t *testing.T) {
	for missing, refused := range map[string]bool{"RUNTIME_ERROR": true, "LOG_ERROR": false, "IGNORE_ERROR": false, "": false} {
		config, err := ConfigFrom(environment("AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1:2000", "AWS_XRAY_CONTEXT_MISSING", missing), "a")
		if err != nil {
			t.Fatal(err)
		}
		_, err = NewTracer(config, "v1", silent).Remote(t.Context(), "notification", "GET", "http://notification", http.Header{})
		if (err != nil) != refused {
			t.Errorf("%s: %v", missing, err)
		}
	}
}

func TestTheEnvironmentIsReadAndWhatIsWrongIsNamed(t *testing.T) {
	got, err := ConfigFrom(environment("AWS_XRAY_TRACING_NAME", "V2-Notification-Microservice", "AWS_XRAY_DAEMON_ADDRESS", "tcp:10.0.0.1:2000 udp:xray-service.default:2000", "TRACED_PERCENT", "5"), "notification")
	want := Config{Name: "V2-Notification-Microservice", Daemon: "xray-service.default:2000", LogUntraced: true, Percent: 5}
	if err != nil || got != want {
		t.Errorf("got %+v %v", got, err)
	}
	_, err = ConfigFrom(environment("AWS_XRAY_DAEMON_ADDRESS", "xray-service", "AWS_XRAY_CONTEXT_MISSING", "PANIC", "TRACED_PERCENT", "NaN"), "a")
	for _, name := range []string{`AWS_XRAY_DAEMON_ADDRESS="xray-service"`, `AWS_XRAY_CONTEXT_MISSING="PANIC"`, `TRACED_PERCENT="NaN"`} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is missing from %v", name, err)
		}
	}
}

func environment(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestAStoreForgetsTheOldestAndStaysWithinItsBounds(t *testing.T) {
	store := NewStore()
	calls := make([]*Segment, maxCalls+10)
	for i := range calls {
		calls[i] = &Segment{Name: strings.Repeat("x", 10*maxText), Namespace: "remote"}
	}
	for i := range maxTraces + 10 {
		segment := &Segment{Name: strings.Repeat("n", 10*maxText), ID: "a", TraceID: fmt.Sprint(i), Start: 1, Subsegments: calls}
		datagram, err := segment.Datagram()
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Take(datagram, time.Now()); err != nil {
			t.Fatal(err)
		}
		calls = nil
	}
	counts := store.Counts()
	if counts.Traces > maxTraces || counts.Segments > maxSegments || counts.Received != maxTraces+10 || counts.Forgotten == 0 {
		t.Errorf("got %+v", counts)
	}
	if _, known := store.Find("0"); known {
		t.Error("the oldest is still there")
	}
	if trace, _ := store.Find(fmt.Sprint(maxTraces)); len(trace.Segments) != 1 || len(trace.Segments[0].Name) != maxText {
		t.Errorf("got %+v", trace)
	}
}

func TestManyCallsOfOneSegmentAreCutOff(t *testing.T) {
	calls := make([]*Segment, maxCalls+10)
	for i := range calls {
		calls[i] = &Segment{Name: "x", Subsegments: []*Segment{{Name: "deeper"}}}
	}
	calls[0] = nil
	got := trimmed(&Segment{Name: "a", Subsegments: calls}).Subsegments
	if len(got) != maxCalls-1 || got[0].Subsegments != nil {
		t.Errorf("%d calls are kept", len(got))
	}
}

func TestWhatIsNoSegmentIsCountedAndRefused(t *testing.T) {
	store := NewStore()
	for _, text := range []string{"", "hello", `{"format":"xml","version":1}` + "\n{}", prologue + "{", prologue + "{}", prologue + `{"name":"a","id":"b","start_time":1}`} {
		if err := store.Take([]byte(text), time.Now()); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
	if counts := store.Counts(); counts.Refused != 6 || counts.Traces != 0 {
		t.Errorf("got %+v", counts)
	}
}

func TestTheCollectorShowsTheMapAsJSONAndDrawnAndNamesAreNoMarkup(t *testing.T) {
	store := NewStore()
	store.add(&Segment{Name: "<script>", ID: "a", TraceID: "1-2-3", Start: 1, End: 1.5}, time.Now())
	routes := Collector("pod-a", store, silent)
	for path, want := range map[string]string{
		"/xray/":             "&lt;script&gt;",
		"/xray/map.svg":      "&lt;script&gt;",
		"/xray/traces":       `"traces":1`,
		"/xray/traces/1-2-3": `"trace_id":"1-2-3"`,
	} {
		w := httptest.NewRecorder()
		routes.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != 200 || !strings.Contains(w.Body.String(), want) || strings.Contains(w.Body.String(), "<script>") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	w := httptest.NewRecorder()
	routes.ServeHTTP(w, httptest.NewRequest("GET", "/xray/map?seconds=30", nil))
	var m Map
	if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil || m.Traces != 1 || len(m.Nodes) != 2 || m.Nodes[0].AverageMs != 500 {
		t.Errorf("%s %v", w.Body, err)
	}
	for path, code := range map[string]int{"/xray/map?seconds=0": 400, "/xray/map.svg?seconds=x": 400, "/xray/?seconds=4000": 400, "/xray/traces/1-9": 404} {
		w := httptest.NewRecorder()
		routes.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != code {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestServicesThatCallEachOtherInACircleAreStillDrawn(t *testing.T) {
	nodes := []*Node{{Name: "a"}, {Name: "b"}, {Name: "c"}}
	p := PictureOf(Map{Nodes: nodes, Edges: []*Edge{{From: "a", To: "b"}, {From: "b", To: "a"}, {From: "c", To: "c"}}})
	if len(p.Circles) != 3 || len(p.Lines) != 3 || p.Width > 3*column {
		t.Errorf("got %+v", p)
	}
}

func TestADaemonThatIsNotThereHoldsUpNoRequest(t *testing.T) {
	gone, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := gone.LocalAddr().String()
	_ = gone.Close()
	for _, daemon := range []string{address, "no-such-host.invalid:2000"} {
		caller := chain(t, daemon, 200)
		for range 20 {
			get(t, caller.URL, "")
		}
	}
}

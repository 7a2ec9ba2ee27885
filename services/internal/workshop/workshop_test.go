package workshop

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"upshift/services/internal/server"
)

var silent = slog.New(slog.DiscardHandler)

// frontend is a web-frontend in front of the given service.
func frontend(t *testing.T, callee http.Handler) http.Handler {
	t.Helper()
	service := httptest.NewServer(callee)
	t.Cleanup(service.Close)
	return Frontend("web-frontend-a", FrontendConfig{service.URL, 5 * time.Second}, silent)
}

func ask(service http.Handler, headers map[string]string) *httptest.ResponseRecorder {
	r, w := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	service.ServeHTTP(w, r)
	return w
}

func TestTheFirstVersionTellsNamesAndTheSecondCitiesToo(t *testing.T) {
	for version, wants := range map[string]struct {
		json, head, row string
	}{
		"v1": {`{"name":"Ada Lindqvist"}`, "<tr><th>Name</th></tr>", "<tr><td>Ada Lindqvist</td></tr>"},
		"v2": {`{"name":"Ada Lindqvist","city":"Uppsala"}`, "<tr><th>Name</th><th>City</th></tr>", "<tr><td>Ada Lindqvist</td><td>Uppsala</td></tr>"},
	} {
		customers := Customers("customers-a", version, silent)
		list, page := ask(customers, nil), ask(frontend(t, customers), nil)
		if list.Code != 200 || !strings.Contains(list.Body.String(), wants.json) {
			t.Errorf("%s: %d %s", version, list.Code, list.Body)
		}
		if text := page.Body.String(); page.Code != 200 || !strings.Contains(text, wants.head) || strings.Count(text, "<td>") != strings.Count(wants.row, "<td>")*10 || !strings.Contains(text, wants.row) {
			t.Errorf("%s: %d %s", version, page.Code, text)
		}
	}
}

func TestTheTestersHeaderReachesCustomers(t *testing.T) {
	seen := make(chan http.Header, 2)
	service := frontend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen <- r.Header.Clone()
		_, _ = w.Write([]byte("[]"))
	}))
	ask(service, map[string]string{"User-Agent": "debug", "traceparent": "00-1", "Authorization": "secret"})
	if got := <-seen; got.Get("User-Agent") != "debug" || got.Get("traceparent") != "00-1" || got.Get("Authorization") != "" {
		t.Errorf("got %v", got)
	}
}

func TestACustomersNameIsNoMarkup(t *testing.T) {
	page := ask(frontend(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`[{"name":"<script>alert(1)</script>"}]`))
	})), nil).Body.String()
	if strings.Contains(page, "<script>") || !strings.Contains(page, "&lt;script&gt;") {
		t.Error(page)
	}
}

func TestTheAnswerNamesTheVersionOfCustomersAlsoWhenItFailed(t *testing.T) {
	for status, want := range map[int]int{200: 200, 500: 502, 503: 503} {
		w := ask(frontend(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(server.ServedByHeader, "customers=v2")
			w.WriteHeader(status)
			_, _ = w.Write([]byte("[]"))
		})), nil)
		if got := w.Header().Get(server.ServedByHeader); w.Code != want || got != "customers=v2" {
			t.Errorf("%d: got %d, served by %q", status, w.Code, got)
		}
	}
}

func TestTheEnvironmentSaysWhereCustomersIs(t *testing.T) {
	from := func(env map[string]string) func(string) string {
		return func(name string) string { return env[name] }
	}
	if got, err := FrontendConfigFrom(from(nil)); err != nil || got != (FrontendConfig{"http://customers", 2 * time.Second}) {
		t.Errorf("got %+v %v", got, err)
	}
	if got, _ := FrontendConfigFrom(from(map[string]string{"CUSTOMER_SERVICE_URL": "http://customers.default.svc.cluster.local"})); got.CustomersURL != "http://customers.default.svc.cluster.local" {
		t.Errorf("got %+v", got)
	}
	if _, err := FrontendConfigFrom(from(map[string]string{"CALL_TIMEOUT": "soon"})); err == nil {
		t.Error("a wrong timeout was taken")
	}
}

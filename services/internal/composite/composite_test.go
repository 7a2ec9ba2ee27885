package composite

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"upshift/services/internal/core"
	"upshift/services/internal/problem"
)

var silent = slog.New(slog.DiscardHandler)

// shop is a composite in front of three real core services, each behind a wrapper that a test may put there.
type shop struct {
	product, recommendation, review http.Handler
	timeout                         time.Duration
}

func newShop() *shop {
	return &shop{
		core.Products("product-v1-a", "v1", core.NewStore(core.SampleProducts()), silent),
		core.Lists("/recommendation", "recommendation-v1-a", "v1", core.NewStore(core.SampleRecommendations()), silent),
		core.Lists("/review", "review-v1-a", "v1", core.NewStore(core.SampleReviews()), silent),
		5 * time.Second,
	}
}

func (s *shop) open(t *testing.T) http.Handler {
	t.Helper()
	url := func(handler http.Handler) string {
		server := httptest.NewServer(handler)
		t.Cleanup(server.Close)
		return server.URL
	}
	return New("composite-a", Config{url(s.product), url(s.recommendation), url(s.review), s.timeout}, silent)
}

func ask(service http.Handler, method, path, body string) (int, string) {
	w := httptest.NewRecorder()
	service.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	return w.Code, w.Body.String()
}

func decoded[T any](t *testing.T, text string) T {
	t.Helper()
	var value T
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("not the JSON expected: %v: %s", err, text)
	}
	return value
}

func answers(status int, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	})
}

func TestAProductComesWithItsRecommendationsItsReviewsAndThePodsThatAnswered(t *testing.T) {
	status, text := ask(newShop().open(t), "GET", "/product-composite/2", "")
	got := decoded[Aggregate](t, text)
	if status != 200 || got.ProductID != 2 || got.Name != "name-2" || len(got.Recommendations) != 3 || len(got.Reviews) != 3 {
		t.Errorf("got %d %s", status, text)
	}
	if want := (Addresses{"composite-a", "product-v1-a", "review-v1-a", "recommendation-v1-a"}); got.ServiceAddresses != want {
		t.Errorf("got %+v", got.ServiceAddresses)
	}
}

func TestAnEmptyListStillNamesThePodThatSaidSo(t *testing.T) {
	composite := newShop().open(t)
	_, without := ask(composite, "GET", "/product-composite/113", "")
	if got := decoded[Aggregate](t, without); len(got.Recommendations) != 0 || len(got.Reviews) != 3 || got.ServiceAddresses.Recommendation != "recommendation-v1-a" {
		t.Errorf("113: %s", without)
	}
	if !strings.Contains(without, `"recommendations":[]`) {
		t.Errorf("an empty list must be [], not null: %s", without)
	}
	_, without = ask(composite, "GET", "/product-composite/213", "")
	if got := decoded[Aggregate](t, without); len(got.Recommendations) != 3 || len(got.Reviews) != 0 || got.ServiceAddresses.Review != "review-v1-a" {
		t.Errorf("213: %s", without)
	}
}

func TestEveryBadRequestHasItsStatus(t *testing.T) {
	composite := newShop().open(t)
	for _, c := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"GET", "/product-composite/13", "", 404, "No product found for productId: 13"},
		{"GET", "/product-composite/-1", "", 422, "Invalid productId: -1"},
		{"GET", "/product-composite/x", "", 400, "Type mismatch."},
		{"DELETE", "/product-composite/x", "", 400, "Type mismatch."},
		{"POST", "/product-composite", "{", 400, "not the JSON expected"},
		{"POST", "/product-composite", `{"productId":1}`, 422, "Duplicate key"},
		{"POST", "/product-composite", `{"productId":0}`, 422, "Invalid productId: 0"},
		{"POST", "/product-composite", `{"productId":900,"recommendations":[{"recommendationId":1,"rate":9}]}`, 422, "Invalid rate: 9"},
		{"GET", "/product-composite/900", "", 404, "No product found"}, // so that the one before left nothing behind
		{"PUT", "/product-composite", "", 405, "Method Not Allowed"},
	} {
		status, text := ask(composite, c.method, c.path, c.body)
		if got := decoded[problem.Problem](t, text); status != c.status || got.Path != c.path || !strings.Contains(got.Message, c.says) {
			t.Errorf("%s %s %s: want %d %q, got %d %s", c.method, c.path, c.body, c.status, c.says, status, text)
		}
	}
}

func TestWhatIsCreatedCanBeReadAndDeleted(t *testing.T) {
	composite := newShop().open(t)
	body := `{"productId":900,"name":"new","weight":5,"recommendations":[{"recommendationId":1,"author":"a","rate":4,"content":"c"}],"reviews":[{"reviewId":1,"author":"a","subject":"s","content":"c"},{"reviewId":2}]}`
	created, stored := ask(composite, "POST", "/product-composite", body)
	status, text := ask(composite, "GET", "/product-composite/900", "")
	if created != 200 || status != 200 || stored != text {
		t.Errorf("created %d %s, read %d %s", created, stored, status, text)
	}
	if got := decoded[Aggregate](t, text); got.Recommendations[0] != (RecommendationSummary{1, "a", 4, "c", ""}) || len(got.Reviews) != 2 {
		t.Errorf("got %s", text)
	}
	status, text = ask(composite, "DELETE", "/product-composite/900", "")
	if got := decoded[Deleted](t, text); status != 200 || got.ProductID != 900 || got.ServiceAddresses.Review != "review-v1-a" {
		t.Errorf("delete: %d %s", status, text)
	}
	if status, _ := ask(composite, "GET", "/product-composite/900", ""); status != 404 {
		t.Errorf("read after delete: %d", status)
	}
}

func TestTheThreeServicesAreAskedSideBySide(t *testing.T) {
	shop := newShop()
	var arrived sync.WaitGroup
	arrived.Add(3)
	meet := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			arrived.Done()
			arrived.Wait() // for ever, were they asked one after another: the call would time out
			next.ServeHTTP(w, r)
		})
	}
	shop.product, shop.recommendation, shop.review = meet(shop.product), meet(shop.recommendation), meet(shop.review)
	if status, text := ask(shop.open(t), "GET", "/product-composite/1", ""); status != 200 {
		t.Errorf("got %d %s", status, text)
	}
}

func TestTheCanaryAndTraceHeadersGoAlongAndNoOthers(t *testing.T) {
	forwarded := []string{"X-group", "x-release", "traceparent", "b3", "x-request-id"}
	var mu sync.Mutex
	seen := map[string]http.Header{}
	watch := func(name string, next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			seen[name] = r.Header.Clone()
			mu.Unlock()
			next.ServeHTTP(w, r)
		})
	}
	shop := newShop()
	shop.product, shop.recommendation, shop.review = watch("product", shop.product), watch("recommendation", shop.recommendation), watch("review", shop.review)
	composite := shop.open(t)
	for _, method := range []string{"GET", "DELETE"} {
		r := httptest.NewRequest(method, "/product-composite/1", nil)
		for _, name := range forwarded {
			r.Header.Set(name, "value of "+name)
		}
		r.Header.Set("Authorization", "Bearer secret")
		r.Header.Set("X-Other", "other")
		composite.ServeHTTP(httptest.NewRecorder(), r)
		mu.Lock()
		for service, headers := range seen {
			for _, name := range forwarded {
				if got := headers.Get(name); got != "value of "+name {
					t.Errorf("%s %s: %s is %q", method, service, name, got)
				}
			}
			if headers.Get("Authorization") != "" || headers.Get("X-Other") != "" {
				t.Errorf("%s %s: too much went along: %v", method, service, headers)
			}
		}
		if len(seen) != 3 {
			t.Errorf("%s: asked %d services", method, len(seen))
		}
		clear(seen)
		mu.Unlock()
	}
}

func TestAFailureOfACoreServiceIsSeenByTheCaller(t *testing.T) {
	hangs := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	breaks := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	for _, c := range []struct {
		what   string
		review http.Handler
		status int
		says   string
	}{
		{"has nothing", answers(404, `{"message":"nothing"}`), 200, ""},
		{"fails", answers(500, `{"message":"broken"}`), 502, "review answered 500: broken"},
		{"is not there, says the proxy", answers(503, "no healthy upstream"), 503, "review: Service Unavailable"},
		{"is late, says the proxy", answers(504, "upstream request timeout"), 504, "review: Gateway Timeout"},
		{"is refused by the mesh", answers(403, "RBAC: access denied"), 502, "review answered 403: Forbidden"},
		{"hangs", hangs, 504, "review did not answer in time"},
		{"breaks the connection", breaks, 503, "review can't be reached"},
		{"answers something else", answers(200, "<html>"), 502, "review answered what is not the JSON expected"},
	} {
		t.Run(c.what, func(t *testing.T) {
			shop := newShop()
			shop.review, shop.timeout = c.review, 300*time.Millisecond
			if status, text := ask(shop.open(t), "GET", "/product-composite/1", ""); status != c.status || !strings.Contains(text, c.says) {
				t.Errorf("want %d %q, got %d %s", c.status, c.says, status, text)
			}
		})
	}
}

func TestTheProductsErrorIsToldFirst(t *testing.T) {
	shop := newShop()
	shop.recommendation = answers(500, "")
	status, text := ask(shop.open(t), "GET", "/product-composite/13", "")
	if got := decoded[problem.Problem](t, text); status != 404 || got.ServiceAddress != "product-v1-a" {
		t.Errorf("got %d %s", status, text)
	}
}

func TestAFailedRequestIsNeverRepeated(t *testing.T) {
	var mu sync.Mutex
	asked := map[string]int{}
	shop := newShop()
	next := shop.review
	shop.review = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked[r.URL.RawQuery]++
		mu.Unlock()
		if r.URL.RawQuery == "productId=2" {
			panic(http.ErrAbortHandler) // on a connection kept alive by the first: where net/http would try again
		}
		next.ServeHTTP(w, r)
	})
	composite := shop.open(t)
	first, _ := ask(composite, "GET", "/product-composite/1", "")
	second, _ := ask(composite, "GET", "/product-composite/2", "")
	mu.Lock()
	defer mu.Unlock()
	if first != 200 || second != 503 || asked["productId=2"] != 1 {
		t.Errorf("got %d, then %d; asked %v", first, second, asked)
	}
}

func TestEveryRouteIsDescribed(t *testing.T) {
	composite := newShop().open(t)
	status, page := ask(composite, "GET", "/openapi/swagger-ui.html", "")
	if status != 200 || !strings.Contains(page, "/product-composite/{productId}") {
		t.Errorf("page: %d %s", status, page)
	}
	status, text := ask(composite, "GET", "/openapi/v3/api-docs", "")
	docs := decoded[struct {
		OpenAPI string                                `json:"openapi"`
		Paths   map[string]map[string]json.RawMessage `json:"paths"`
	}](t, text)
	one, all := docs.Paths["/product-composite/{productId}"], docs.Paths["/product-composite"]
	if status != 200 || docs.OpenAPI != "3.0.3" || one["get"] == nil || one["delete"] == nil || all["post"] == nil {
		t.Errorf("got %d %s", status, text)
	}
}

func TestAWrongTimeoutIsNamed(t *testing.T) {
	for _, wrong := range []string{"2", "-1s", "0s", "soon"} {
		_, err := ConfigFrom(func(name string) string { return map[string]string{"CALL_TIMEOUT": wrong}[name] })
		if err == nil || !strings.Contains(err.Error(), `CALL_TIMEOUT="`+wrong+`"`) {
			t.Errorf("%s: got %v", wrong, err)
		}
	}
}

package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAnUnknownServiceIsRefusedWithTheKnownOnes(t *testing.T) {
	err := run([]string{"prodcut"})
	for _, want := range append([]string{`unknown service "prodcut"`}, names()...) {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing from %v", want, err)
		}
	}
}

func names() []string {
	var all []string
	for name := range roles {
		all = append(all, name)
	}
	return all
}

func TestEachCoreRoleServesItsOwnRoute(t *testing.T) {
	for name, path := range map[string]string{"product": "/product/1", "recommendation": "/recommendation?productId=1", "review": "/review?productId=1"} {
		service, err := roles[name]("pod-a", slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		service.Handler.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != 200 {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

func TestAHealthcheckFailsUnlessTheAnswerIs200(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/up" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	if err := run([]string{"healthcheck", server.URL + "/up"}); err != nil {
		t.Errorf("up: %v", err)
	}
	if err := run([]string{"healthcheck", server.URL + "/down"}); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("down: %v", err)
	}
}

func TestSleepWantsADuration(t *testing.T) {
	if err := run([]string{"sleep", "1ms"}); err != nil {
		t.Error(err)
	}
	for _, args := range [][]string{{"sleep"}, {"sleep", "5"}} {
		if err := run(args); err == nil || !strings.Contains(err.Error(), "sleep") {
			t.Errorf("%v: %v", args, err)
		}
	}
}

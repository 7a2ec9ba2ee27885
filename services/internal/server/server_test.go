package server

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var silent = slog.New(slog.DiscardHandler)

// running is a server on free ports of the loopback, and how to end it.
type running struct {
	*Server
	stop  func()
	ended chan error
}

func run(t *testing.T, config Config, service Service) running {
	t.Helper()
	config.Listen, config.HealthListen = "127.0.0.1:0", "127.0.0.1:0"
	s, err := Listen(config, silent)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, service); close(ended) }()
	t.Cleanup(func() { stop(); <-ended })
	return running{s, stop, ended}
}

func (r running) get(t *testing.T, path string) (*http.Response, string) {
	t.Helper()
	return get(t, "http://"+r.main.Addr().String()+path)
}

func (r running) probe(t *testing.T, path string) (int, status) {
	t.Helper()
	response, text := get(t, "http://"+r.health.Addr().String()+path)
	var s status
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatalf("%s: %v: %s", path, err, text)
	}
	return response.StatusCode, s
}

// until waits for a readiness state, and fails the test when it does not come.
func (r running) until(t *testing.T, want status) {
	t.Helper()
	var last status
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if _, last = r.probe(t, "/actuator/health/readiness"); last == want {
			return
		}
	}
	t.Fatalf("readiness was to become %v; it is %v", want, last)
}

func get(t *testing.T, url string) (*http.Response, string) {
	t.Helper()
	response, err := (&http.Client{Timeout: 10 * time.Second}).Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(text)
}

func says(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) })
}

var up = status{"UP", ""}

func TestAPodIsReadyOnlyOnceItIsWarm(t *testing.T) {
	warm := make(chan struct{})
	pod := run(t, Config{}, Service{Handler: says("hello"), Warm: func() error { <-warm; return nil }})
	if code, got := pod.probe(t, "/actuator/health/readiness"); code != 503 || got.Reason != "warming up" {
		t.Errorf("before: %d %v", code, got)
	}
	if code, got := pod.probe(t, "/actuator/health/liveness"); code != 200 || got != up {
		t.Errorf("liveness before: %d %v", code, got)
	}
	close(warm)
	pod.until(t, up)
	if response, text := pod.get(t, "/"); response.StatusCode != 200 || text != "hello" {
		t.Errorf("after: %d %s", response.StatusCode, text)
	}
}

func TestAPodThatCannotWarmUpEndsWithTheReason(t *testing.T) {
	pod := run(t, Config{}, Service{Handler: says(""), Warm: func() error { return errors.New("no key") }})
	if err := <-pod.ended; err == nil || err.Error() != "no key" {
		t.Errorf("got %v", err)
	}
}

func TestAPortThatTakesConnectionsButDoesNotAnswerIsNotReady(t *testing.T) {
	s, err := Listen(Config{Listen: "127.0.0.1:0", HealthListen: "127.0.0.1:0"}, silent)
	if err != nil {
		t.Fatal(err)
	}
	defer s.main.Close()
	defer s.health.Close()
	s.warm.Store(true) // as if it had served before: nobody accepts now, and the kernel still takes connections
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := s.ready(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestAPodWhosePortBreaksEndsWithTheReason(t *testing.T) {
	pod := run(t, Config{}, Service{Handler: says("")})
	pod.until(t, up)
	_ = pod.main.Close()
	if err := <-pod.ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func TestADrainingPodIsUnreadyAtOnceServesOnAndFinishesWhatRuns(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(entered)
			<-leave
		}
		_, _ = io.WriteString(w, "served")
	})
	pod := run(t, Config{Drain: 200 * time.Millisecond}, Service{Handler: handler})
	pod.until(t, up)
	if response, _ := pod.get(t, "/"); response.Close {
		t.Error("before the drain, a connection is kept")
	}
	slow := make(chan string, 1)
	go func() { _, text := pod.get(t, "/slow"); slow <- text }()
	<-entered

	pod.stop()
	pod.until(t, status{"OUT_OF_SERVICE", "draining"})
	if response, text := pod.get(t, "/"); text != "served" || !response.Close {
		t.Errorf("during the drain: %q, and the caller is told to close: %v", text, response.Close)
	}
	if code, _ := pod.probe(t, "/actuator/health/liveness"); code != 200 {
		t.Errorf("a draining pod is live; liveness is %d", code)
	}
	waitUntilClosed(t, pod)
	select {
	case err := <-pod.ended:
		t.Fatalf("it ended while a request ran: %v", err)
	default:
	}
	close(leave)
	if text := <-slow; text != "served" {
		t.Errorf("the request that ran got %q", text)
	}
	if err := <-pod.ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
}

// waitUntilClosed waits until the port takes no more connections.
func waitUntilClosed(t *testing.T, pod running) {
	t.Helper()
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		response, err := client.Get("http://" + pod.main.Addr().String() + infoPath)
		if err != nil {
			return
		}
		response.Body.Close()
	}
	t.Fatal("the port is still open after the drain")
}

func TestFailReadinessLeavesThePodServingButUnready(t *testing.T) {
	pod := run(t, Config{FailReadiness: true}, Service{Handler: says("hello")})
	if code, got := pod.probe(t, "/actuator/health/readiness"); code != 503 || got.Reason != "FAIL_READINESS is set" {
		t.Errorf("got %d %v", code, got)
	}
	if _, text := pod.get(t, "/"); text != "hello" {
		t.Errorf("got %q", text)
	}
}

func TestFailRateIsThePercentageOfRequestsThatFail(t *testing.T) {
	for _, c := range []struct {
		rate     float64
		from, to int
	}{{0, 0, 0}, {30, 150, 450}, {100, 1000, 1000}} { // of 1000; 30 % is 300, and 150 off is ten sigma
		s := &Server{config: Config{FailRate: c.rate, PodName: "p", PodIP: "10.0.0.1"}, log: silent, main: listener(t)}
		handler, failed := s.faults(says("")), 0
		for range 1000 {
			w := recorded(handler, "/")
			if w.Code == 500 {
				failed++
				if !strings.Contains(w.Body.String(), `"serviceAddress":"p/10.0.0.1:`) {
					t.Fatalf("a failure does not name its pod: %s", w.Body)
				}
			}
		}
		if failed < c.from || failed > c.to {
			t.Errorf("rate %v: %d of 1000 failed", c.rate, failed)
		}
	}
}

func TestDelayIsAddedToEachRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler := (&Server{config: Config{Delay: time.Hour}, log: silent}).faults(says("late"))
		began := time.Now()
		if w := recorded(handler, "/"); w.Body.String() != "late" || time.Since(began) != time.Hour {
			t.Errorf("got %q after %v", w.Body, time.Since(began))
		}
	})
}

func TestFaultsDoNotTouchTheReadinessCheck(t *testing.T) {
	pod := run(t, Config{FailRate: 100, Delay: time.Hour}, Service{Handler: says("")})
	pod.until(t, up)
}

func TestInfoNamesServiceVersionAndPod(t *testing.T) {
	pod := run(t, Config{PodName: "product-v2-abc", PodIP: "10.0.0.7"}, Service{Name: "product", Version: "v2", Handler: says("")})
	pod.until(t, up)
	_, text := pod.get(t, "/actuator/info")
	var got info
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if got.Service != "product" || got.Version != "v2" || !strings.HasPrefix(got.ServiceAddress, "product-v2-abc/10.0.0.7:") {
		t.Errorf("got %+v", got)
	}
}

func TestAPortThatIsTakenIsAnError(t *testing.T) {
	taken := listener(t).Addr().String()
	for _, config := range []Config{{Listen: taken, HealthListen: "127.0.0.1:0"}, {Listen: "127.0.0.1:0", HealthListen: taken}} {
		if _, err := Listen(config, silent); err == nil || !strings.Contains(err.Error(), taken) {
			t.Errorf("got %v", err)
		}
	}
}

func TestEveryAnswerTellsWhoServedIt(t *testing.T) {
	r := run(t, Config{ServedAs: "stage"}, Service{Name: "demoapp", Version: "v2", Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		AddServedBy(w.Header(), http.Header{ServedByHeader: {"backend=v1"}})
	})})
	response, _ := r.get(t, "/")
	if got := response.Header.Get(ServedByHeader); got != "demoapp=stage, backend=v1" {
		t.Errorf("served by %q", got)
	}
}

package xray

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"upshift/services/internal/problem"
)

// Tracer writes a service's segments.
type Tracer struct {
	config  Config
	version string
	send    func(datagram []byte)
	log     *slog.Logger
}

// NewTracer makes the tracer of a service. Tracing never holds up a request: what the daemon can't take is lost.
func NewTracer(config Config, version string, log *slog.Logger) *Tracer {
	send := func([]byte) {}
	if config.Daemon != "" {
		send = newSender(config.Daemon, log).send
	}
	return &Tracer{config, version, send, log}
}

// Trace writes a segment for each request that next answers, as part of the trace that the request names or of a new one.
func (t *Tracer) Trace(next http.Handler) http.Handler {
	if t.config.Daemon == "" {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at := parsePosition(r.Header.Get(TraceHeader))
		if at.root == "" {
			at.root = newTraceID(time.Now())
		}
		if at.sampled != "0" && at.sampled != "1" {
			at.sampled = t.sample()
		}
		work := &work{at: at, segment: &Segment{
			Name: t.config.Name, ID: newID(), TraceID: at.root, ParentID: at.parent, Start: seconds(time.Now()),
			HTTP: &HTTP{Request: Request{r.Method, "http://" + r.Host + r.URL.Path}}, Service: &Service{t.version},
		}}
		answer := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		// Also when next panics: server.Routes answers 500 then, and the segment should say so.
		defer func() { t.finish(work, answer.status) }()
		next.ServeHTTP(answer, r.WithContext(context.WithValue(r.Context(), workKey{}, work)))
	})
}

func (t *Tracer) sample() string {
	if rand.Float64()*100 < t.config.Percent {
		return "1"
	}
	return "0"
}

// work is the request that a context belongs to. Its calls may run side by side.
type work struct {
	at      position
	mutex   sync.Mutex
	segment *Segment
}

type workKey struct{}

func (t *Tracer) finish(w *work, status int) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.segment.End = seconds(time.Now())
	w.segment.statusIs(status)
	if w.at.sampled != "1" {
		return
	}
	datagram, err := w.segment.Datagram()
	if err != nil {
		t.log.Error("a segment can't be written", "error", err.Error())
		return
	}
	t.send(datagram)
}

// Remote begins the subsegment of a request to another service and names the trace in the headers that go out with it.
// finish must be called with what came of it.
func (t *Tracer) Remote(ctx context.Context, callee, method, url string, outgoing http.Header) (finish func(error), err error) {
	call := &Segment{Name: callee, Namespace: "remote", HTTP: &HTTP{Request: Request{method, url}}}
	in, finish, err := t.begin(ctx, call)
	if in != nil {
		outgoing.Set(TraceHeader, position{in.at.root, call.ID, in.at.sampled}.String())
	}
	return finish, err
}

// Query begins the subsegment of a question to a database.
func (t *Tracer) Query(ctx context.Context, database, url string) (finish func(error), err error) {
	_, finish, err = t.begin(ctx, &Segment{Name: database, Namespace: "remote", SQL: &SQL{url, "MySQL"}})
	return finish, err
}

func (t *Tracer) begin(ctx context.Context, call *Segment) (*work, func(error), error) {
	in, _ := ctx.Value(workKey{}).(*work)
	if in == nil {
		return nil, func(error) {}, t.untraced(call.Name)
	}
	call.ID, call.Start = newID(), seconds(time.Now())
	return in, func(err error) {
		in.mutex.Lock()
		defer in.mutex.Unlock()
		call.End = seconds(time.Now())
		status := http.StatusOK
		if err != nil {
			status = problem.From(err).Status
		}
		call.statusIs(status)
		in.segment.Subsegments = append(in.segment.Subsegments, call)
	}, nil
}

// untraced is a call that belongs to no traced request.
func (t *Tracer) untraced(callee string) error {
	switch {
	case t.config.Daemon == "":
		return nil
	case t.config.RefuseUntraced:
		return errors.New("the call to " + callee + " belongs to no segment, and AWS_XRAY_CONTEXT_MISSING is RUNTIME_ERROR")
	case t.config.LogUntraced:
		t.log.Error("a call belongs to no segment", "to", callee)
	}
	return nil
}

// statusWriter remembers the status that was answered.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach what is below.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

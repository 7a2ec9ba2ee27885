package observe

import (
	"cmp"
	"container/list"
	"slices"
	"strings"
	"sync"
)

const (
	maxSpansOfTrace = 500
	maxText         = 200 // bytes of a name or a tag
)

// Span is a span as Zipkin has it, as far as it is kept. Times are microseconds.
type Span struct {
	TraceID  string `json:"traceId"`
	ID       string `json:"id"`
	ParentID string `json:"parentId,omitempty"`
	Kind     string `json:"kind,omitempty"`
	Name     string `json:"name"`
	Begin    int64  `json:"timestamp"`
	Duration int64  `json:"duration"`
	Endpoint struct {
		Service string `json:"serviceName"`
	} `json:"localEndpoint"`
	Tags map[string]string `json:"tags,omitempty"`
}

// keptTags are what the pages show; whatever else a span carries is forgotten.
var keptTags = []string{"http.status_code", "http.method", "http.url", "error", "upstream_cluster.name", "upstream_cluster", "istio.canonical_revision", "istio.canonical_service"}

// Trace is the spans of one request, by when they began.
type Trace struct {
	ID    string `json:"traceId"`
	Spans []Span `json:"spans"`
}

// Summary is a trace in a line.
type Summary struct {
	ID       string   `json:"traceId"`
	Name     string   `json:"name"`
	Services []string `json:"services"`
	Begin    int64    `json:"timestamp"`
	Duration int64    `json:"duration"`
	Spans    int      `json:"spans"`
	Failed   bool     `json:"failed"`
}

// Traces keeps the latest spans: when there are more than it may hold, the oldest traces go.
type Traces struct {
	mutex sync.Mutex
	max   int
	count int
	byID  map[string]*list.Element
	// order has the traces by when they were first heard of, the latest in front.
	order *list.List
}

// NewTraces makes an empty store for so many spans.
func NewTraces(max int) *Traces {
	return &Traces{max: max, byID: map[string]*list.Element{}, order: list.New()}
}

// Add keeps spans. Those without ids, and those beyond what one trace may have, are dropped.
func (t *Traces) Add(spans []Span) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	for _, span := range spans {
		if span.TraceID == "" || span.ID == "" {
			continue
		}
		span = trimmed(span)
		element, ok := t.byID[span.TraceID]
		if !ok {
			element = t.order.PushFront(&Trace{ID: span.TraceID})
			t.byID[span.TraceID] = element
		}
		trace := element.Value.(*Trace)
		if len(trace.Spans) < maxSpansOfTrace {
			trace.Spans = append(trace.Spans, span)
			t.count++
		}
	}
	for t.count > t.max {
		oldest := t.order.Remove(t.order.Back()).(*Trace)
		delete(t.byID, oldest.ID)
		t.count -= len(oldest.Spans)
	}
}

// Recent gives the latest traces in a line each.
func (t *Traces) Recent(n int) []Summary {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	summaries := []Summary{}
	for element := t.order.Front(); element != nil && len(summaries) < n; element = element.Next() {
		summaries = append(summaries, summaryOf(inOrder(*element.Value.(*Trace))))
	}
	return summaries
}

// Get gives a trace by its id, unless it is gone.
func (t *Traces) Get(id string) (Trace, bool) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	element, ok := t.byID[id]
	if !ok {
		return Trace{}, false
	}
	return inOrder(*element.Value.(*Trace)), true
}

func inOrder(trace Trace) Trace {
	trace.Spans = slices.Clone(trace.Spans)
	slices.SortStableFunc(trace.Spans, func(a, b Span) int { return cmp.Or(cmp.Compare(a.Begin, b.Begin), cmp.Compare(b.Duration, a.Duration)) })
	return trace
}

func summaryOf(trace Trace) Summary {
	first := trace.Spans[0]
	summary := Summary{ID: trace.ID, Name: first.Name, Begin: first.Begin, Spans: len(trace.Spans)}
	for _, span := range trace.Spans {
		summary.Duration = max(summary.Duration, span.Begin+span.Duration-first.Begin)
		summary.Failed = summary.Failed || span.Failed()
		if name := span.ServedBy(); !slices.Contains(summary.Services, name) {
			summary.Services = append(summary.Services, name)
		}
	}
	return summary
}

// ServedBy is the service that wrote the span, with its version where the mesh says it.
func (s Span) ServedBy() string {
	return strings.TrimSpace(s.Endpoint.Service + " " + s.Tags["istio.canonical_revision"])
}

// Failed says whether the request of the span was answered 5xx, or not at all.
func (s Span) Failed() bool {
	status := s.Tags["http.status_code"]
	return s.Tags["error"] != "" || strings.HasPrefix(status, "5") || status == "0"
}

func trimmed(span Span) Span {
	tags := map[string]string{}
	for _, name := range keptTags {
		if value, ok := span.Tags[name]; ok {
			tags[name] = short(value)
		}
	}
	span.Tags, span.Name, span.Endpoint.Service = tags, short(span.Name), short(span.Endpoint.Service)
	span.TraceID, span.ID, span.ParentID, span.Kind = short(span.TraceID), short(span.ID), short(span.ParentID), short(span.Kind)
	return span
}

// short copies, so that what is kept does not hold on to the whole body it came in.
func short(text string) string {
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
	}
	return strings.Clone(text)
}

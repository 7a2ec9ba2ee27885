package xray

import (
	"slices"
	"sync"
	"time"
)

// Bounds of what a collector keeps: the oldest traces are forgotten first. A segment takes a kilobyte at most, so all of it
// stays below 40 MB.
const (
	maxTraces   = 5000
	maxSegments = 40_000
	maxText     = 200 // bytes
	// maxCalls bounds the subsegments of one segment that are kept.
	maxCalls = 50
)

// Trace is what all services did for one request.
type Trace struct {
	ID       string     `json:"id"`
	Segments []*Segment `json:"segments"`
	arrived  time.Time
	size     int
}

// Store keeps the newest traces in memory.
type Store struct {
	mutex    sync.Mutex
	traces   map[string]*Trace
	order    []string
	size     int
	received int
	refused  int
	forgot   int
}

// Counts are what a store has seen since its start.
type Counts struct {
	Received  int `json:"received"`
	Refused   int `json:"refused"`
	Traces    int `json:"traces"`
	Segments  int `json:"segments"`
	Forgotten int `json:"forgotten"`
}

// NewStore makes an empty store.
func NewStore() *Store { return &Store{traces: map[string]*Trace{}} }

// Take keeps the segment of a datagram. One that can't be read is counted, and the error says why.
func (s *Store) Take(datagram []byte, now time.Time) error {
	segment, err := ReadDatagram(datagram)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.received++
	if err != nil {
		s.refused++
		return err
	}
	s.add(trimmed(segment), now)
	return nil
}

func (s *Store) add(segment *Segment, now time.Time) {
	trace, known := s.traces[segment.TraceID]
	if !known {
		trace = &Trace{ID: segment.TraceID}
		s.traces[trace.ID] = trace
		s.order = append(s.order, trace.ID)
	}
	trace.arrived = now
	trace.Segments = append(trace.Segments, segment)
	trace.size += 1 + len(segment.Subsegments)
	s.size += 1 + len(segment.Subsegments)
	for len(s.order) > maxTraces || s.size > maxSegments && len(s.order) > 0 {
		oldest := s.traces[s.order[0]]
		s.size -= oldest.size
		delete(s.traces, oldest.ID)
		s.order = s.order[1:]
		s.forgot++
	}
}

// Since are the traces of which something came after the given time, the newest first, at most limit. Their segments are
// shared, and never changed.
func (s *Store) Since(after time.Time, limit int) []Trace {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	found := []Trace{}
	for _, id := range slices.Backward(s.order) {
		if trace := s.traces[id]; len(found) < limit && trace.arrived.After(after) {
			found = append(found, Trace{ID: id, Segments: slices.Clone(trace.Segments)})
		}
	}
	return found
}

// Find is the trace of that id.
func (s *Store) Find(id string) (Trace, bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	trace, known := s.traces[id]
	if !known {
		return Trace{}, false
	}
	return Trace{ID: id, Segments: slices.Clone(trace.Segments)}, true
}

// Counts tells how much was taken, and how much of it is still there.
func (s *Store) Counts() Counts {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return Counts{s.received, s.refused, len(s.order), s.size, s.forgot}
}

// trimmed is a segment that takes no more room than it may.
func trimmed(segment *Segment) *Segment {
	for _, text := range []*string{&segment.Name, &segment.ID, &segment.TraceID, &segment.ParentID, &segment.Namespace} {
		*text = short(*text)
	}
	if segment.HTTP != nil {
		segment.HTTP.Request = Request{short(segment.HTTP.Request.Method), short(segment.HTTP.Request.URL)}
	}
	if segment.SQL != nil {
		segment.SQL = &SQL{short(segment.SQL.URL), short(segment.SQL.DatabaseType)}
	}
	if segment.Service != nil {
		segment.Service.Version = short(segment.Service.Version)
	}
	calls := segment.Subsegments
	segment.Subsegments = nil
	for _, call := range calls[:min(len(calls), maxCalls)] {
		if call == nil {
			continue
		}
		call.Subsegments = nil // of calls within calls nothing is shown
		segment.Subsegments = append(segment.Subsegments, trimmed(call))
	}
	return segment
}

// short is a copy, so that the rest of a long text is not kept alive by its beginning.
func short(text string) string {
	return string([]byte(text[:min(len(text), maxText)]))
}

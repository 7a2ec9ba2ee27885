// Package xray is AWS X-Ray at both ends of the wire: services write segments, and a collector stands in for X-Ray where
// there is no AWS. The documents and the protocol are X-Ray's own, so the services work with the real daemon as well.
package xray

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Segment is what one service did for one request, or, inside another one, a call that it made for it.
type Segment struct {
	Name     string `json:"name"`
	ID       string `json:"id"`
	TraceID  string `json:"trace_id,omitempty"`
	ParentID string `json:"parent_id,omitempty"`
	// Start and End are seconds since the epoch.
	Start float64 `json:"start_time"`
	End   float64 `json:"end_time,omitempty"`
	// Namespace is "remote" for a call to something else.
	Namespace string `json:"namespace,omitempty"`
	// Error is a 4xx, Fault a 5xx or a call without an answer.
	Error       bool       `json:"error,omitempty"`
	Fault       bool       `json:"fault,omitempty"`
	HTTP        *HTTP      `json:"http,omitempty"`
	SQL         *SQL       `json:"sql,omitempty"`
	Service     *Service   `json:"service,omitempty"`
	Subsegments []*Segment `json:"subsegments,omitempty"`
}

// HTTP is the request and what was answered.
type HTTP struct {
	Request  Request  `json:"request"`
	Response Response `json:"response"`
}

// Request is as much of a request as a trace shows.
type Request struct {
	Method string `json:"method,omitempty"`
	URL    string `json:"url,omitempty"`
}

// Response is as much of an answer as a trace shows.
type Response struct {
	Status int `json:"status,omitempty"`
}

// SQL is a question to a database. What was asked for is not told: it may hold what users wrote.
type SQL struct {
	URL          string `json:"url,omitempty"`
	DatabaseType string `json:"database_type,omitempty"`
}

// Service is who wrote the segment.
type Service struct {
	Version string `json:"version,omitempty"`
}

// statusIs takes over an HTTP status into a segment.
func (s *Segment) statusIs(status int) {
	s.Error = status >= 400 && status < 500
	s.Fault = status >= 500
	if s.HTTP != nil {
		s.HTTP.Response.Status = status
	}
}

// prologue stands before each document in its datagram.
const prologue = `{"format":"json","version":1}` + "\n"

// Datagram is the segment as the daemon takes it.
func (s *Segment) Datagram() ([]byte, error) {
	document, err := json.Marshal(s)
	return append([]byte(prologue), document...), err
}

// ReadDatagram is the reverse of Datagram, for whatever writes X-Ray's protocol.
func ReadDatagram(datagram []byte) (*Segment, error) {
	first, document, found := strings.Cut(string(datagram), "\n")
	var format struct {
		Format  string
		Version int
	}
	if err := json.Unmarshal([]byte(first), &format); err != nil || !found || format.Format != "json" || format.Version != 1 {
		return nil, errors.New(`a datagram must begin with the line {"format":"json","version":1}`)
	}
	var segment Segment
	if err := json.Unmarshal([]byte(document), &segment); err != nil {
		return nil, fmt.Errorf("the segment is not the JSON expected: %w", err)
	}
	if segment.Name == "" || segment.ID == "" || segment.TraceID == "" || segment.Start <= 0 {
		return nil, errors.New("a segment needs name, id, trace_id and start_time")
	}
	return &segment, nil
}

func newTraceID(now time.Time) string {
	return fmt.Sprintf("1-%08x-%s", now.Unix(), randomHex(12))
}

func newID() string { return randomHex(8) }

func randomHex(bytes int) string {
	random := make([]byte, bytes)
	_, _ = rand.Read(random) // never fails
	return hex.EncodeToString(random)
}

func seconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

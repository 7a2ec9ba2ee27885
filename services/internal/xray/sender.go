package xray

import (
	"context"
	"log/slog"
	"net"
	"time"
)

const (
	// queueLength bounds how many segments wait to be sent; more are lost, and no request waits.
	queueLength = 512
	// freshness is how long an address is used before it is looked up again: the daemon's Service may have been made anew.
	freshness = time.Minute
	// lookUpInterval is the time between two tries to reach a daemon that can't be found.
	lookUpInterval = 5 * time.Second
)

// sender sends datagrams to the daemon, in the order in which they come.
type sender struct {
	address string
	queue   chan []byte
	log     *slog.Logger

	connection net.Conn
	lookedUp   time.Time
}

func newSender(address string, log *slog.Logger) *sender {
	s := &sender{address: address, queue: make(chan []byte, queueLength), log: log}
	go func() {
		for datagram := range s.queue {
			s.write(datagram)
		}
	}()
	return s
}

func (s *sender) send(datagram []byte) {
	select {
	case s.queue <- datagram:
	default:
	}
}

// write sends one datagram, or loses it: UDP would not tell either.
func (s *sender) write(datagram []byte) {
	if age := time.Since(s.lookedUp); s.connection == nil && age > lookUpInterval || age > freshness {
		s.connect()
	}
	if s.connection == nil {
		return
	}
	// A connected UDP socket tells at the next write that nobody listened at the last; the one after that may arrive.
	_, _ = s.connection.Write(datagram)
}

func (s *sender) connect() {
	if s.connection != nil {
		_ = s.connection.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	var err error
	s.lookedUp = time.Now()
	if s.connection, err = (&net.Dialer{}).DialContext(ctx, "udp", s.address); err != nil {
		s.connection = nil
		s.log.Warn("X-Ray's daemon can't be found", "address", s.address, "error", err.Error())
	}
}

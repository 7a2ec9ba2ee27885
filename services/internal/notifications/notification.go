// Package notifications is the two services of seed 003: user-management keeps users in MySQL and has notification, in two
// versions, write to them.
package notifications

import (
	"log/slog"
	"net/http"
	"strings"

	"upshift/services/internal/problem"
	"upshift/services/internal/server"
)

// AppInfo is what notification says of itself, and what getNotificationAppInfo of user-management passes on.
type AppInfo struct {
	Application    string `json:"application"`
	Version        string `json:"version"`
	Message        string `json:"message"`
	ServiceAddress string `json:"serviceAddress"`
}

// Message is what notification is asked to send.
type Message struct {
	Subject  string   `json:"subject"`
	Content  string   `json:"content"`
	ToEmails []string `json:"toEmails"`
}

// Sent is the answer to a Message. There is no mail server: a message goes to the log.
type Sent struct {
	Accepted       int    `json:"accepted"`
	Version        string `json:"version"`
	ServiceAddress string `json:"serviceAddress"`
}

// Notification are the routes of the notification service for the pod with the given address.
func Notification(address, version string, log *slog.Logger) http.Handler {
	label := strings.ToUpper(version)
	info := func(*http.Request) (any, error) {
		return AppInfo{"notification", label, "This is notification " + label, address}, nil
	}
	routes := server.NewRoutes(address, log)
	routes.Handle("GET /notification/health-status", func(*http.Request) (any, error) {
		return Health{"UP", "notification", label, ""}, nil
	})
	routes.Handle("GET /notification/service-info", info)
	routes.Handle("GET /notification/notification-xray", info)
	routes.Handle("POST /notification/send", func(r *http.Request) (any, error) {
		message, err := server.ReadJSON[Message](r)
		if err != nil {
			return nil, err
		}
		if message.Subject == "" || len(message.ToEmails) == 0 {
			return nil, problem.New(http.StatusUnprocessableEntity, "A message needs a subject and at least one address in toEmails")
		}
		log.Info("notified", "subject", message.Subject, "addresses", len(message.ToEmails))
		return Sent{len(message.ToEmails), label, address}, nil
	})
	return routes
}

// Health is the answer of health-status.
type Health struct {
	Status  string `json:"status"`
	Service string `json:"service"`
	Version string `json:"version"`
	// Database is told by user-management.
	Database string `json:"database,omitempty"`
}

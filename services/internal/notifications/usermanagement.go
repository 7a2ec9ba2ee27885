package notifications

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"upshift/services/internal/remote"
	"upshift/services/internal/server"
	"upshift/services/internal/xray"
)

// databaseTimeout is how long a starting pod waits for the database.
const databaseTimeout = 45 * time.Second

// UserManagement is the service that callers see.
type UserManagement struct {
	address      string
	label        string
	users        *Users
	notification remote.Service
	tracer       *xray.Tracer
	log          *slog.Logger
}

// NewUserManagement makes the service for the pod with the given address.
func NewUserManagement(address, version string, config Config, users *Users, tracer *xray.Tracer, log *slog.Logger) *UserManagement {
	return &UserManagement{address, strings.ToUpper(version), users, newNotification(config), tracer, log}
}

// newNotification opens a connection for each call. A Service without a mesh picks a pod for each connection, and the shares
// would else be those of the connections that happen to be open.
func newNotification(config Config) remote.Service {
	client := remote.NewClient(config.Timeout)
	transport := client.Transport.(*http.Transport)
	transport.DisableKeepAlives = true
	// The first packet of a connection that is lost is sent again after a second, by TCP itself and not as a second request:
	// whoever opens one for each call must leave it the time.
	transport.DialContext = (&net.Dialer{Timeout: config.Timeout}).DialContext
	return remote.Service{Name: "notification", Base: config.NotificationURL, HTTP: client}
}

// Warm waits for the database and prepares it.
func (m *UserManagement) Warm() error {
	ctx, cancel := context.WithTimeout(context.Background(), databaseTimeout)
	defer cancel()
	for {
		err := m.users.Prepare(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the database %s at %s has not been usable for %s: %w", m.users.name, m.users.address, databaseTimeout, err)
		case <-time.After(time.Second):
		}
	}
}

// Routes are the routes of user-management.
func (m *UserManagement) Routes() http.Handler {
	routes := server.NewRoutes(m.address, m.log)
	routes.Handle("GET /usermgmt/health-status", m.health)
	routes.Handle("GET /usermgmt/users", func(r *http.Request) (any, error) {
		return asked(m, r, func(ctx context.Context) ([]User, error) { return m.users.List(ctx) })
	})
	routes.Handle("GET /usermgmt/user/{username}", func(r *http.Request) (any, error) {
		return asked(m, r, func(ctx context.Context) (User, error) { return m.users.Get(ctx, r.PathValue("username")) })
	})
	routes.HandleHeaded("POST /usermgmt/user", m.create)
	routes.Handle("PUT /usermgmt/user", m.update)
	routes.Handle("DELETE /usermgmt/user/{username}", func(r *http.Request) (any, error) {
		username := r.PathValue("username")
		return asked(m, r, func(ctx context.Context) (Deleted, error) {
			return Deleted{username, m.address}, m.users.Delete(ctx, username)
		})
	})
	for mine, theirs := range map[string]string{
		"/usermgmt/notification-xray":         "/notification/notification-xray",
		"/usermgmt/notification-service-info": "/notification/service-info",
	} {
		routes.HandleHeaded("GET "+mine, func(headers http.Header, r *http.Request) (any, error) {
			var info AppInfo
			return &info, m.notify(headers, r, http.MethodGet, theirs, nil, &info)
		})
	}
	routes.HandleHeaded("GET /usermgmt/notification-health-status", func(headers http.Header, r *http.Request) (any, error) {
		var health Health
		return &health, m.notify(headers, r, http.MethodGet, "/notification/health-status", nil, &health)
	})
	return routes
}

// Deleted is the answer to a DELETE.
type Deleted struct {
	Username       string `json:"username"`
	ServiceAddress string `json:"serviceAddress"`
}

// Created is the answer to a POST: the user, and who told him of it.
type Created struct {
	User
	Notification Sent `json:"notification"`
}

// create keeps the user and has notification write to him. It is no transaction: when the second fails, the user stays.
func (m *UserManagement) create(headers http.Header, r *http.Request) (any, error) {
	user, err := server.ReadJSON[NewUser](r)
	if err != nil {
		return nil, err
	}
	if err := user.check(); err != nil {
		return nil, err
	}
	password, err := hashed(user.Password)
	if err != nil {
		return nil, err
	}
	created := Created{User: user.User}
	if _, err := asked(m, r, func(ctx context.Context) (any, error) { return nil, m.users.Create(ctx, user.User, password) }); err != nil {
		return nil, err
	}
	message := Message{"Your account", fmt.Sprintf("Hello %s, your account %s is ready.", user.Firstname, user.Username), []string{user.Email}}
	return &created, m.notify(headers, r, http.MethodPost, "/notification/send", message, &created.Notification)
}

func (m *UserManagement) update(r *http.Request) (any, error) {
	user, err := server.ReadJSON[User](r)
	if err != nil {
		return nil, err
	}
	if err := user.check(); err != nil {
		return nil, err
	}
	return asked(m, r, func(ctx context.Context) (User, error) { return user, m.users.Update(ctx, user) })
}

// health says whether the database answers, and 503 when it doesn't. It is not what makes a pod ready: what needs no
// database goes on without it.
func (m *UserManagement) health(r *http.Request) (any, error) {
	return asked(m, r, func(ctx context.Context) (Health, error) {
		return Health{"UP", "user-management", m.label, "UP"}, m.users.Ping(ctx)
	})
}

// asked asks the database for an answer to r, as a part of its trace.
func asked[T any](m *UserManagement, r *http.Request, question func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(r.Context(), m.users.timeout)
	defer cancel()
	var answer T
	finish, err := m.tracer.Query(ctx, m.users.name, "mysql://"+m.users.address+"/"+m.users.name)
	if err != nil {
		return answer, err
	}
	answer, err = question(ctx)
	err = m.users.asProblem(err)
	finish(err)
	return answer, err
}

// testerHeader is the one by which a mesh sends testers to the new version of notification.
const testerHeader = "X-group"

// notify calls notification, once, as a part of r's trace, and adds to the answer's headers which version it was.
func (m *UserManagement) notify(answer http.Header, r *http.Request, method, path string, body, into any) error {
	headers := remote.Forwarded(r.Header, testerHeader)
	finish, err := m.tracer.Remote(r.Context(), m.notification.Name, method, m.notification.Base+path, headers)
	if err != nil {
		return err
	}
	from, err := m.notification.Call(r.Context(), headers, method, path, body, into)
	finish(err)
	server.AddServedBy(answer, from)
	return err
}

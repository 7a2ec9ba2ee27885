// A server and a client of long streams, by gRPC and by WebSocket: what runs in the pods of examples/grpc and examples/websocket.
module upshift/test/streams

go 1.26

require (
	github.com/coder/websocket v1.8.15
	google.golang.org/grpc v1.82.0
)

require (
	golang.org/x/net v0.53.0 // indirect
	golang.org/x/sys v0.43.0 // indirect
	golang.org/x/text v0.36.0 // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20260414002931-afd174a4e478 // indirect
	google.golang.org/protobuf v1.36.11 // indirect
)

module upshift/services

go 1.26

// The first process of every pod: it holds the pod's namespaces and collects orphans.
module upshift/tools/pause

go 1.26

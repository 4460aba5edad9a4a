// Answer is a pod's program for tests: it says which pod it is, of which Knative revision, and what a name
// resolves to there.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
)

func main() {
	http.HandleFunc("/", func(reply http.ResponseWriter, _ *http.Request) {
		name, err := os.Hostname()
		if err != nil {
			http.Error(reply, err.Error(), http.StatusInternalServerError)
			return
		}
		if revision := os.Getenv("K_REVISION"); revision != "" {
			reply.Header().Set("X-Platformctl-Revision", revision)
		}
		fmt.Fprint(reply, name)
	})
	http.HandleFunc("/addresses", func(reply http.ResponseWriter, request *http.Request) {
		addresses, err := net.DefaultResolver.LookupHost(request.Context(), request.FormValue("of"))
		if err != nil {
			http.Error(reply, err.Error(), http.StatusNotFound)
			return
		}
		fmt.Fprint(reply, strings.Join(addresses, " "))
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}

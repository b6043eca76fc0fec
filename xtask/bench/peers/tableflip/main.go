// The program of the handover benchmark with tableflip: `peer-tableflip ADDRESS`.
//
// SIGHUP starts the successor; once that is ready, net/http's Shutdown finishes what is open, with
// the deadline that tableflip's documentation gives it.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/cloudflare/tableflip"
)

func main() {
	upgrader, err := tableflip.New(tableflip.Options{})
	if err != nil {
		log.Fatalln("cannot upgrade:", err)
	}
	defer upgrader.Stop()

	go func() {
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, syscall.SIGHUP)
		for range signals {
			if err := upgrader.Upgrade(); err != nil {
				log.Println("upgrade failed:", err)
			}
		}
	}()

	listener, err := upgrader.Listen("tcp", os.Args[1])
	if err != nil {
		log.Fatalln("cannot listen:", err)
	}
	server := http.Server{Handler: http.HandlerFunc(answer)}
	go func() {
		if err := server.Serve(listener); err != http.ErrServerClosed {
			log.Println("server:", err)
		}
	}()
	if err := upgrader.Ready(); err != nil {
		log.Fatalln("not ready:", err)
	}
	<-upgrader.Exit()

	time.AfterFunc(30*time.Second, func() {
		log.Println("connections were left open")
		os.Exit(1)
	})
	server.Shutdown(context.Background())
}

func answer(writer http.ResponseWriter, request *http.Request) {
	io.Copy(io.Discard, request.Body)
	fmt.Fprintf(writer, "pid=%d\n", os.Getpid())
}

// SPDX-License-Identifier: Apache-2.0

// The same load as the others of this comparison, through go-libvirt: DomainGetInfo over and over on one connection.
//
//	golibvirt URI blocking:N WARM-UP-SECONDS SECONDS
//
// Prints: microseconds from a call to its answer, calls a second, microseconds of this process's CPU a call.
package main

import (
	"fmt"
	"log"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/digitalocean/go-libvirt"
	"github.com/digitalocean/go-libvirt/socket/dialers"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 5 || !strings.HasPrefix(os.Args[2], "blocking:") {
		log.Fatal("usage: golibvirt URI blocking:N WARM-UP-SECONDS SECONDS")
	}
	target, err := url.Parse(os.Args[1])
	check(err)
	callers, err := strconv.Atoi(strings.TrimPrefix(os.Args[2], "blocking:"))
	check(err)

	dialer := dialers.NewRemote(target.Hostname(), dialers.UsePort(target.Port()))
	connection := libvirt.NewWithDialer(dialer)
	driver := strings.TrimSuffix(target.Scheme, "+tcp")
	check(connection.ConnectToURI(libvirt.ConnectURI(driver + "://" + target.Path)))
	domain, err := connection.DomainLookupByName("test")
	check(err)

	load(connection, domain, callers, seconds(os.Args[3]))
	cpu0, start := cpu(), time.Now()
	calls := load(connection, domain, callers, seconds(os.Args[4]))
	elapsed := time.Since(start).Seconds()
	fmt.Printf("%.1f %.0f %.1f\n", float64(callers)*elapsed*1e6/calls, calls/elapsed, (cpu()-cpu0)*1e6/calls)
	check(connection.Disconnect())
}

func load(connection *libvirt.Libvirt, domain libvirt.Domain, callers int, duration time.Duration) float64 {
	end := time.Now().Add(duration)
	counts := make(chan int)
	for i := 0; i < callers; i++ {
		go func() {
			calls := 0
			for time.Now().Before(end) {
				_, _, _, _, _, err := connection.DomainGetInfo(domain)
				check(err)
				calls++
			}
			counts <- calls
		}()
	}
	sum := 0
	for i := 0; i < callers; i++ {
		sum += <-counts
	}
	return float64(sum)
}

func cpu() float64 {
	var use syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &use))
	return time.Duration(use.Utime.Nano() + use.Stime.Nano()).Seconds()
}

func seconds(text string) time.Duration {
	value, err := strconv.ParseFloat(text, 64)
	check(err)
	return time.Duration(value * float64(time.Second))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.bench.rpc;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/**
 * What the command line asks for: {@code URI MODE WARM-UP-SECONDS SECONDS}, where MODE is a word and, after a colon,
 * the number of callers.
 */
record Measurement(String uri, String mode, int callers, double warmUp, double seconds) {
    static Measurement of(String[] arguments) {
        String mode = arguments[1];
        int colon = mode.indexOf(':');
        return new Measurement(
                arguments[0],
                colon < 0 ? mode : mode.substring(0, colon),
                colon < 0 ? 1 : Integer.parseInt(mode.substring(colon + 1)),
                Double.parseDouble(arguments[2]),
                Double.parseDouble(arguments[3]));
    }

    /**
     * Warms up, measures, and prints a line as all programs of this comparison do: microseconds from a call to its
     * answer, calls a second, microseconds of this process's CPU a call.
     */
    void print(Load load) throws InterruptedException {
        load.run(System.nanoTime() + (long) (warmUp * 1e9));
        long cpu = cpuNanos();
        long start = System.nanoTime();
        long calls = load.run(start + (long) (seconds * 1e9));
        double elapsed = (System.nanoTime() - start) / 1e9;
        double cpuMicros = (cpuNanos() - cpu) / 1e3 / calls;
        System.out.printf("%.1f %.0f %.1f%n", callers * elapsed * 1e6 / calls, calls / elapsed, cpuMicros);
    }

    private static long cpuNanos() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }
}

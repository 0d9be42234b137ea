// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.bench.xdr;

import java.util.Collection;
import java.util.Map;
import java.util.Objects;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * Runs {@link XdrBenchmark} and prints a line of tab-separated fields for each iteration: what, the floor it is to
 * be compared with, nanoseconds, MB a second, bytes allocated.
 */
public final class XdrBench {
    private XdrBench() {}

    /** {@code FORKS ITERATIONS MILLISECONDS-EACH FILE}: the file takes what JMH itself reports. */
    public static void main(String[] arguments) throws RunnerException {
        int iterations = Integer.parseInt(arguments[1]);
        TimeValue each = TimeValue.milliseconds(Long.parseLong(arguments[2]));
        Collection<RunResult> results = new Runner(new OptionsBuilder()
                        .include(XdrBenchmark.class.getName())
                        .include(ByHandBenchmark.class.getName())
                        .forks(Integer.parseInt(arguments[0]))
                        .warmupIterations(iterations)
                        .warmupTime(each)
                        .measurementIterations(iterations)
                        .measurementTime(each)
                        .addProfiler(GCProfiler.class)
                        .output(arguments[3])
                        .shouldFailOnError(true)
                        .build())
                .run();
        for (Message message : Message.values()) {
            results.stream()
                    .filter(result -> message == Message.STATS_OF_1000_DOMAINS
                            && result.getParams().getBenchmark().endsWith(".readByHand"))
                    .forEach(result -> print(message, "read by hand", result));
            for (String direction : new String[] {"copy", "read", "write"}) {
                results.stream()
                        .filter(result ->
                                message.name().equals(result.getParams().getParam("message"))
                                        && result.getParams().getBenchmark().endsWith("." + direction))
                        .forEach(result -> print(message, direction, result));
            }
        }
    }

    private static void print(Message message, String direction, RunResult result) {
        int bytes = message.body().bytes().length;
        String title = message.title() + ", " + bytes + " B: ";
        for (BenchmarkResult fork : result.getBenchmarkResults()) {
            for (IterationResult iteration : fork.getIterationResults()) {
                double nanos = iteration.getPrimaryResult().getScore();
                System.out.printf(
                        "%s%s\t%scopy\t%.2f\t%.1f\t%.1f%n",
                        title, direction, title, nanos, bytes / nanos * 1e3, allocated(iteration));
            }
        }
    }

    private static double allocated(IterationResult iteration) {
        @SuppressWarnings("rawtypes")
        Map<String, Result> more = iteration.getSecondaryResults();
        return Objects.requireNonNull(more.get("gc.alloc.rate.norm"), "gc.alloc.rate.norm")
                .getScore();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.ConnectDomainEventCallbackRegisterAnyResult;
import dev.virtwire.protocol.remote.DomainEventCallbackLifecycleMessage;
import dev.virtwire.protocol.remote.DomainRef;
import dev.virtwire.protocol.remote.EventProcedures;
import dev.virtwire.testkit.ScriptedError;
import dev.virtwire.testkit.ScriptedLibvirtd;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.reactivestreams.tck.TestEnvironment;
import org.reactivestreams.tck.flow.FlowPublisherVerification;
import org.testng.ITestResult;
import org.testng.TestListenerAdapter;
import org.testng.TestNG;
import org.testng.annotations.AfterClass;
import org.testng.annotations.BeforeClass;

/** The publishers of events keep the rules of Reactive Streams, as its own tests (the TCK) see them. */
class PublisherRulesTest {
    /** What the TCK asks of nobody, or only of publishers that come to an end at once. */
    private static final Set<String> ASKED_OF_NOBODY = Set.of(
            "untested_spec106_mustConsiderSubscriptionCancelledAfterOnErrorOrOnCompleteHasBeenCalled",
            "untested_spec107_mustNotEmitFurtherSignalsOnceOnErrorHasBeenSignalled",
            "untested_spec108_possiblyCanceledSubscriptionShouldNotReceiveOnErrorOrOnCompleteSignals",
            "untested_spec109_subscribeShouldNotThrowNonFatalThrowable",
            "untested_spec110_rejectASubscriptionRequestIfTheSameSubscriberSubscribesTwice",
            "untested_spec304_requestShouldNotPerformHeavyComputations",
            "untested_spec305_cancelMustNotSynchronouslyPerformHeavyComputation",
            "optional_spec309_requestNegativeNumberMaySignalIllegalArgumentExceptionWithSpecificMessage");

    /** What it asks of publishers that complete; those of events end with their connection, by an error. */
    private static final Set<String> ASKED_OF_THOSE_THAT_COMPLETE = Set.of(
            "required_createPublisher1MustProduceAStreamOfExactly1Element",
            "required_createPublisher3MustProduceAStreamOfExactly3Elements",
            "required_spec102_maySignalLessThanRequestedAndTerminateSubscription",
            "stochastic_spec103_mustSignalOnMethodsSequentially",
            "required_spec105_mustSignalOnCompleteWhenFiniteStreamTerminates",
            "optional_spec105_emptyStreamMustTerminateBySignallingOnComplete",
            "required_spec107_mustNotEmitFurtherSignalsOnceOnCompleteHasBeenSignalled",
            "optional_spec111_multicast_mustProduceTheSameElementsInTheSameSequenceToAllOfItsSubscribersWhenRequestingOneByOne",
            "optional_spec111_multicast_mustProduceTheSameElementsInTheSameSequenceToAllOfItsSubscribersWhenRequestingManyUpfrontAndCompleteAsExpected",
            "required_spec317_mustSupportAPendingElementCountUpToLongMaxValue",
            "required_spec317_mustSupportACumulativePendingElementCountUpToLongMaxValue");

    /** What it asks of publishers that have more elements than any that it would wait for. */
    private static final Set<String> ASKED_OF_ENDLESS_ONES =
            Set.of("required_spec317_mustNotSignalOnErrorWhenPendingAboveLongMaxValue");

    @Test
    void reactiveStreamsOwnTestsFindNothingWrong() {
        assertKeepsTheRules(Endless.class, ASKED_OF_THOSE_THAT_COMPLETE, 18);
    }

    /** Behind what ends a subscription after so many events, for the tests that want to see an end. */
    @Test
    void norWhereTheSubscriptionIsCutShort() {
        assertKeepsTheRules(FirstOnes.class, ASKED_OF_ENDLESS_ONES, 28);
    }

    private static void assertKeepsTheRules(Class<?> verification, Set<String> notAsked, int passed) {
        TestListenerAdapter results = new TestListenerAdapter();
        // Without its own reports.
        TestNG testng = new TestNG(false);
        testng.setVerbose(0);
        testng.setTestClasses(new Class<?>[] {verification});
        testng.addListener(results);
        testng.run();

        assertThat(results.getConfigurationFailures()).isEmpty();
        assertThat(results.getFailedTests().stream().map(PublisherRulesTest::report))
                .isEmpty();
        Set<String> skipped = new TreeSet<>(ASKED_OF_NOBODY);
        skipped.addAll(notAsked);
        assertThat(names(results.getSkippedTests())).isEqualTo(skipped);
        assertThat(names(results.getPassedTests())).hasSizeGreaterThanOrEqualTo(passed);
    }

    private static String report(ITestResult result) {
        return result.getName() + ": " + result.getThrowable();
    }

    private static Set<String> names(List<ITestResult> results) {
        return results.stream().map(ITestResult::getName).collect(Collectors.toCollection(TreeSet::new));
    }

    /**
     * Has the numbers of a domain's events, whose id says how many it is to have. Each subscriber has a domain of its
     * own, and so all its events, whenever it comes.
     */
    private abstract static class Verification extends FlowPublisherVerification<Integer> {
        static final int MOST = 2000;
        private static final int REFUSED = -2;

        private final AtomicInteger domains = new AtomicInteger();
        private ScriptedLibvirtd libvirtd;
        private Libvirt libvirt;

        Verification() {
            super(new TestEnvironment(3000, 100));
        }

        /** Starts the server. */
        @BeforeClass
        public void connect() {
            AtomicInteger ids = new AtomicInteger();
            libvirtd = ScriptedLibvirtd.start()
                    .answer(EventProcedures.CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY, asked -> {
                        DomainRef domain = asked.domain();
                        if (domain.id() == REFUSED) {
                            throw new ScriptedError(ErrorCode.NO_DOMAIN, "no such domain");
                        }
                        int id = ids.getAndIncrement();
                        // They come before the reply, as a real server's may.
                        for (int event = 0; event < domain.id(); event++) {
                            libvirtd.send(
                                    EventProcedures.DOMAIN_EVENT_CALLBACK_LIFECYCLE,
                                    new DomainEventCallbackLifecycleMessage(id, domain, 0, event));
                        }
                        return new ConnectDomainEventCallbackRegisterAnyResult(id);
                    })
                    .answer(EventProcedures.CONNECT_DOMAIN_EVENT_CALLBACK_DEREGISTER_ANY, id -> null);
            libvirt = Libvirt.connect(libvirtd.uri(), ConnectOptions.defaults()).join();
        }

        /** Ends it. */
        @AfterClass
        public void close() {
            libvirt.close();
            libvirtd.close();
        }

        /** Ends after {@code most} events. */
        Flow.Publisher<Integer> events(long count, long most) {
            int id = (int) Math.min(count, MOST);
            return subscriber -> libvirt.events(
                            DomainEventKind.LIFECYCLE,
                            Domain.of(libvirt, new DomainRef("tck", new UUID(0, domains.getAndIncrement()), id)))
                    .subscribe(subscriber == null ? null : new Numbers(subscriber, most));
        }

        @Override
        public Flow.Publisher<Integer> createFailedFlowPublisher() {
            return events(REFUSED, Long.MAX_VALUE);
        }
    }

    /** The publishers as they are: events come for as long as there is a connection. */
    public static final class Endless extends Verification {
        @Override
        public Flow.Publisher<Integer> createFlowPublisher(long elements) {
            return events(elements, Long.MAX_VALUE);
        }

        @Override
        public long maxElementsFromPublisher() {
            return publisherUnableToSignalOnComplete();
        }
    }

    /** The publishers, cut short after so many events. */
    public static final class FirstOnes extends Verification {
        @Override
        public Flow.Publisher<Integer> createFlowPublisher(long elements) {
            return events(elements, elements);
        }

        @Override
        public long maxElementsFromPublisher() {
            return MOST;
        }
    }

    /** Hands on the numbers of events, and completes after so many. */
    private static final class Numbers implements Flow.Subscriber<DomainEvent.Lifecycle> {
        private final Flow.Subscriber<? super Integer> to;
        private long left;
        private Flow.Subscription subscription;

        Numbers(Flow.Subscriber<? super Integer> to, long left) {
            this.to = to;
            this.left = left;
        }

        @Override
        public void onSubscribe(Flow.Subscription begun) {
            subscription = begun;
            to.onSubscribe(begun);
            endAfterLast();
        }

        @Override
        public void onNext(DomainEvent.Lifecycle event) {
            left--;
            to.onNext(event.detailNumber());
            endAfterLast();
        }

        private void endAfterLast() {
            if (left == 0) {
                subscription.cancel();
                to.onComplete();
            }
        }

        @Override
        public void onError(Throwable cause) {
            to.onError(cause);
        }

        @Override
        public void onComplete() {
            to.onComplete();
        }
    }
}

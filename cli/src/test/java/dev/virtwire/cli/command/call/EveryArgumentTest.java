// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.call;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.virtwire.cli.command.call.Description.Called;
import dev.virtwire.cli.command.call.Faults.Fault;
import dev.virtwire.cli.output.CommandException;
import dev.virtwire.client.CallRefusedException;
import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.internal.call.Session;
import dev.virtwire.protocol.CallOptions;
import dev.virtwire.protocol.Procedure;
import dev.virtwire.protocol.StreamDirection;
import dev.virtwire.protocol.remote.DomainRef;
import dev.virtwire.xdr.XdrException;
import dev.virtwire.xdr.XdrWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/**
 * Every argument of every procedure: what is wrong with one is said by its whole name, whether it is found in its JSON
 * or in the record of the generated stubs, and nothing is sent.
 */
class EveryArgumentTest {
    private static final Description DESCRIPTION =
            Description.load(List.of("remote", "qemu", "lxc", "admin", "keepalive"));

    private static final ConnectOptions OPTIONS =
            ConnectOptions.builder().callbackExecutor(Runnable::run).build();

    private final Set<String> wrong = new TreeSet<>();

    @Test
    void whateverIsWrongIsRefusedByItsNameBeforeAnythingIsSent() {
        Faults faults = new Faults(DESCRIPTION);
        int tried = 0;
        for (Called called : DESCRIPTION.procedures()) {
            if (called.fields("arguments").isEmpty()) {
                continue;
            }
            EmbeddedChannel channel = new EmbeddedChannel();
            Session connection = Session.on(channel, "host", OPTIONS);
            for (Fault fault : faults.of(called.fields("arguments"))) {
                refuse(called, fault, connection);
                tried++;
            }
            assertThat(channel.outboundMessages())
                    .as("what %s sent", called.name())
                    .isEmpty();
            connection.close();
            channel.finishAndReleaseAll();
        }
        assertThat(wrong).isEmpty();
        assertThat(tried).isGreaterThan(9_000);
    }

    private void refuse(Called called, Fault fault, Session connection) {
        String error;
        try {
            Object arguments = values(called).toArguments(called, (Map<?, ?>) fault.json());
            error = refusal(DESCRIPTION.toCall(called), arguments, connection);
            String sent = called.name() + " on host was not sent: " + called.name() + ".";
            error = error.startsWith(sent) ? error.substring(sent.length()) : error;
        } catch (CommandException e) {
            error = e.getMessage();
        }
        // In a list of strings or numbers the stub's error names the list.
        String field =
                error.startsWith(fault.field()) ? fault.field() : fault.field().replaceFirst("\\[1]$", "");
        if (!error.startsWith(field + ": " + fault.error())) {
            wrong.add("%s: '%s' and not '%s: %s'".formatted(called.name(), error, fault.field(), fault.error()));
        }
    }

    @Test
    void whatIsRightIsEncodedAndANullInItsPlaceIsRefusedByItsName() throws Exception {
        Faults faults = new Faults(DESCRIPTION);
        int encoded = 0;
        for (Called called : DESCRIPTION.procedures()) {
            Object arguments = values(called).toArguments(called, faults.good(called.fields("arguments")));
            if (arguments != null) {
                assertThatCode(() -> encode(DESCRIPTION.toCall(called), arguments))
                        .as(called.name())
                        .doesNotThrowAnyException();
                nulls(called.name(), arguments);
                encoded++;
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(encoded).isGreaterThan(350);
    }

    /** Puts a null in the place of each component of a record, and of the first element of each list and set. */
    private void nulls(String label, Object record) throws ReflectiveOperationException {
        RecordComponent[] components = record.getClass().getRecordComponents();
        Object[] values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            values[i] = components[i].getAccessor().invoke(record);
        }
        for (int i = 0; i < components.length; i++) {
            Class<?> type = components[i].getType();
            String field = label + "." + components[i].getName();
            if (type.isPrimitive()) {
                continue;
            }
            Object good = values[i];
            boolean optional = components[i].getAnnotatedType().getAnnotations().length > 0;
            values[i] = null;
            make(record.getClass(), components, values, optional ? null : field);
            if (good instanceof List<?>) {
                values[i] = Arrays.asList((Object) null);
                make(record.getClass(), components, values, field + "[0]");
            }
            values[i] = good;
            Object inner = good instanceof List<?> list && !list.isEmpty() ? list.get(0) : good;
            if (inner != null && inner.getClass().isRecord()) {
                nulls(inner.getClass().getSimpleName(), inner);
            }
        }
    }

    private void make(Class<?> type, RecordComponent[] components, Object[] values, String refused)
            throws ReflectiveOperationException {
        Class<?>[] types =
                Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        String outcome = "made";
        try {
            type.getDeclaredConstructor(types).newInstance(values);
        } catch (InvocationTargetException e) {
            outcome = e.getCause().getMessage();
        }
        // Nested records do not know in which procedure they will be, and an arm's component is called after the arm.
        String expected = refused == null ? "made" : refused + ": null where a value is needed";
        if (!outcome.equals(expected) && !type.isMemberClass()) {
            wrong.add("%s: '%s' and not '%s'".formatted(type.getSimpleName(), outcome, expected));
        }
    }

    private static Values values(Called called) {
        return new Values(DESCRIPTION, called.program(), name -> new DomainRef(name, new UUID(1, 2), -1));
    }

    /** Why a call was not sent; of one that no plain call can send at all, why it cannot be encoded. */
    @SuppressWarnings("unchecked")
    private static <A> String refusal(Procedure<A, ?> procedure, Object arguments, Session connection) {
        if (procedure.stream() != StreamDirection.NONE || procedure.files()) {
            try {
                encode(procedure, arguments);
                return "encoded";
            } catch (XdrException e) {
                return procedure.name() + " on host was not sent: " + e.getMessage();
            }
        }
        CompletableFuture<?> future = connection.call(procedure, (A) arguments, CallOptions.DEFAULT);
        ((EmbeddedChannel) connection.channel()).runPendingTasks();
        return future.handle(
                        (result, thrown) -> thrown instanceof CallRefusedException ? thrown.getMessage() : "no refusal")
                .getNow("sent");
    }

    @SuppressWarnings("unchecked")
    private static <A> void encode(Procedure<A, ?> procedure, Object arguments) {
        ByteBuf buffer = Unpooled.buffer();
        procedure.arguments().encode(new XdrWriter(buffer), (A) arguments);
        assertThat(buffer.readableBytes()).isPositive();
        buffer.release();
    }
}

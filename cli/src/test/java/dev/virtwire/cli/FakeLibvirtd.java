// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli;

import dev.virtwire.client.ErrorCode;
import dev.virtwire.client.protocol.Procedure;
import dev.virtwire.client.protocol.remote.AuthListResult;
import dev.virtwire.client.protocol.remote.AuthProcedures;
import dev.virtwire.client.protocol.remote.CheckpointProcedures;
import dev.virtwire.client.protocol.remote.ConnectGetHostnameResult;
import dev.virtwire.client.protocol.remote.ConnectGetLibVersionResult;
import dev.virtwire.client.protocol.remote.ConnectGetVersionResult;
import dev.virtwire.client.protocol.remote.ConnectListAllDomainsResult;
import dev.virtwire.client.protocol.remote.ConnectProcedures;
import dev.virtwire.client.protocol.remote.ConnectSupportsFeatureResult;
import dev.virtwire.client.protocol.remote.DomainGetInfoResult;
import dev.virtwire.client.protocol.remote.DomainGetXmlDescResult;
import dev.virtwire.client.protocol.remote.DomainIsPersistentResult;
import dev.virtwire.client.protocol.remote.DomainListAllCheckpointsResult;
import dev.virtwire.client.protocol.remote.DomainLookupByNameResult;
import dev.virtwire.client.protocol.remote.DomainProcedures;
import dev.virtwire.client.protocol.remote.DomainRef;
import dev.virtwire.client.protocol.remote.DomainState;
import dev.virtwire.xdr.XdrReader;
import dev.virtwire.xdr.XdrWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.UUID;
import java.util.function.Function;

/**
 * A libvirtd of a few calls, with two domains that are always the same: for tests of what the command prints, and to
 * warm it up for its class-data archive where there is no real one. A call that it does not know is not supported.
 */
public final class FakeLibvirtd implements AutoCloseable {
    private static final int REMOTE = 0x20008086;
    private static final int REPLY = 1;
    private static final int HEADER_BYTES = 28;
    private static final int NO_PARENT = 0;

    private static final DomainRef RUNNING =
            new DomainRef("web1", UUID.fromString("11111111-2222-3333-4444-555555555555"), 7);
    private static final DomainRef OFF =
            new DomainRef("a-longer-name", UUID.fromString("99999999-8888-7777-6666-555555555555"), -1);
    private static final String XML = """
            <domain type='test'>
              <devices>
                <disk type='file' device='disk'>
                  <driver name='qemu' type='qcow2'/>
                  <source file='/images/web1.qcow2'/>
                  <target dev='vda' bus='virtio'/>
                </disk>
                <disk type='volume' device='disk'>
                  <driver name='qemu' type='raw'/>
                  <source pool='fast' volume='data'/>
                  <target dev='vdb' bus='virtio'/>
                </disk>
                <disk type='file' device='cdrom'><target dev='sda' bus='sata'/></disk>
              </devices>
            </domain>
            """;

    private record Answer<A, R>(Procedure<A, R> procedure, Function<A, R> function) {
        void write(ByteBuf arguments, ByteBuf result) {
            R answer = function.apply(procedure.arguments().decode(new XdrReader(arguments)));
            procedure.result().encode(new XdrWriter(result), answer);
        }
    }

    private final ServerSocket listener;
    private final Map<Integer, Answer<?, ?>> answers = new HashMap<>();

    /** Starts to listen on a port of 127.0.0.1. */
    public FakeLibvirtd() {
        try {
            listener = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        answer(AuthProcedures.AUTH_LIST, none -> new AuthListResult(List.of(0)));
        answer(ConnectProcedures.CONNECT_SUPPORTS_FEATURE, feature -> new ConnectSupportsFeatureResult(1));
        answer(ConnectProcedures.CONNECT_OPEN, name -> null);
        answer(ConnectProcedures.CONNECT_CLOSE, none -> null);
        answer(ConnectProcedures.CONNECT_GET_HOSTNAME, none -> new ConnectGetHostnameResult("fakehost"));
        answer(ConnectProcedures.CONNECT_GET_LIB_VERSION, none -> new ConnectGetLibVersionResult(9_000_000));
        answer(ConnectProcedures.CONNECT_GET_VERSION, none -> new ConnectGetVersionResult(2_003));
        answer(
                DomainProcedures.CONNECT_LIST_ALL_DOMAINS,
                flags -> new ConnectListAllDomainsResult(List.of(RUNNING, OFF), 2));
        answer(DomainProcedures.DOMAIN_LOOKUP_BY_NAME, name -> new DomainLookupByNameResult(named(name.name())));
        answer(DomainProcedures.DOMAIN_GET_INFO, domain -> info(domain.domain()));
        answer(DomainProcedures.DOMAIN_IS_PERSISTENT, domain -> new DomainIsPersistentResult(1));
        answer(DomainProcedures.DOMAIN_GET_XML_DESC, domain -> new DomainGetXmlDescResult(XML));
        answer(
                CheckpointProcedures.DOMAIN_LIST_ALL_CHECKPOINTS,
                domain -> new DomainListAllCheckpointsResult(List.of(), NO_PARENT));
        daemon(this::accept);
    }

    /** Where it listens. */
    public String uri() {
        return "test+tcp://" + host() + "/default";
    }

    /** Host and port, as errors name it. */
    public String host() {
        return "127.0.0.1:" + listener.getLocalPort();
    }

    private <A, R> void answer(Procedure<A, R> procedure, Function<A, R> function) {
        answers.put(procedure.number(), new Answer<>(procedure, function));
    }

    private static DomainRef named(String name) {
        return List.of(RUNNING, OFF).stream()
                .filter(domain -> domain.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new NoSuchElementException("no domain with matching name '" + name + "'"));
    }

    private static DomainGetInfoResult info(DomainRef domain) {
        DomainState state = domain.id() < 0 ? DomainState.SHUTOFF : DomainState.RUNNING;
        return new DomainGetInfoResult(state.value(), 2 << 20, 1 << 20, 2, 12_345_678_900L);
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listener.accept();
                daemon(() -> serve(client));
            }
        } catch (IOException e) {
            // Closed: there is nobody left to tell.
        }
    }

    private void serve(Socket client) {
        try (client) {
            DataInputStream in = new DataInputStream(client.getInputStream());
            DataOutputStream out = new DataOutputStream(client.getOutputStream());
            while (true) {
                int length = in.readInt();
                int program = in.readInt();
                in.readInt();
                int procedure = in.readInt();
                in.readInt();
                int serial = in.readInt();
                in.readInt();
                ByteBuf arguments = Unpooled.wrappedBuffer(in.readNBytes(length - HEADER_BYTES));
                if (program == REMOTE) {
                    reply(out, procedure, serial, arguments);
                }
            }
        } catch (IOException e) {
            // The client hung up.
        }
    }

    private void reply(DataOutputStream out, int procedure, int serial, ByteBuf arguments) throws IOException {
        ByteBuf result = Unpooled.buffer();
        int status = 0;
        Answer<?, ?> answer = answers.get(procedure);
        try {
            if (answer == null) {
                throw new UnsupportedOperationException("this function is not supported");
            }
            answer.write(arguments, result);
        } catch (NoSuchElementException e) {
            status = error(result, ErrorCode.NO_DOMAIN, "Domain not found: " + e.getMessage());
        } catch (UnsupportedOperationException e) {
            status = error(result, ErrorCode.NO_SUPPORT, String.valueOf(e.getMessage()));
        }
        out.writeInt(HEADER_BYTES + result.readableBytes());
        for (int word : new int[] {REMOTE, 1, procedure, REPLY, serial, status}) {
            out.writeInt(word);
        }
        out.write(result.array(), result.arrayOffset() + result.readerIndex(), result.readableBytes());
        out.flush();
    }

    /** An error of a code and a message; the other fields are 0 or absent. */
    private static int error(ByteBuf result, ErrorCode code, String message) {
        result.clear();
        XdrWriter writer = new XdrWriter(result);
        writer.writeInt(code.number(), "code");
        writer.writeInt(0, "domain");
        writer.writeOptional(true, "message");
        writer.writeString(message, 1000, "message");
        writer.writeInt(2, "level");
        for (int rest = 0; rest < 7; rest++) {
            writer.writeInt(0, "rest");
        }
        return 1;
    }

    private static void daemon(Runnable task) {
        Thread thread = new Thread(task, "fake-libvirtd");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

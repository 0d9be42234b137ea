// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command;

import dev.virtwire.cli.output.ExitCode;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.LibvirtUri.Transport;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code virtwire uri}: what a connection URI means, without connecting. */
@Command(
        name = "uri",
        description = "Explain what a connection URI would open, without connecting.",
        sortOptions = false)
public final class UriCommand extends AbstractCommand {
    @Parameters(paramLabel = "URI", arity = "0..1", description = "The URI. Default: the one that -c would default to.")
    private @Nullable String uri;

    @Override
    public Integer call() {
        String text = uri == null
                ? root().connection().uri(root().connection(), console().environment())
                : uri;
        LibvirtUri parsed = LibvirtUri.parse(text);
        if (json()) {
            printJson(json -> {
                json.writeStringField("uri", parsed.text());
                json.writeStringField("driver", parsed.driver());
                json.writeStringField("transport", transport(parsed));
                json.writeBooleanField("offered", offered(parsed));
                json.writeStringField("host", parsed.host());
                json.writeStringField("target", offered(parsed) ? parsed.target(false) : null);
                json.writeStringField("opens", parsed.openName());
                json.writeObjectFieldStart("parameters");
                for (Map.Entry<String, String> parameter : parsed.parameters().entrySet()) {
                    json.writeStringField(parameter.getKey(), parameter.getValue());
                }
                json.writeEndObject();
            });
            return ExitCode.DONE;
        }
        line("Driver", parsed.driver());
        line("Transport", transport(parsed) + (offered(parsed) ? meaning(parsed) : ", not offered by this version"));
        if (offered(parsed)) {
            line("Connects to", parsed.target(false));
        }
        line("Opens", parsed.openName().isEmpty() ? "what the server chooses" : parsed.openName());
        parsed.parameters().forEach((name, value) -> line("Parameter", name + " = " + value));
        return ExitCode.DONE;
    }

    private void line(String name, String value) {
        out().println(String.format(Locale.ROOT, "%-12s %s", name + ":", value));
    }

    private static String transport(LibvirtUri uri) {
        return uri.transport().name().toLowerCase(Locale.ROOT);
    }

    private static boolean offered(LibvirtUri uri) {
        return uri.transport() == Transport.UNIX || uri.transport() == Transport.TCP;
    }

    private static String meaning(LibvirtUri uri) {
        return uri.transport() == Transport.UNIX
                ? ", a socket of this machine"
                : ", neither encrypted nor protected against changes on the way";
    }
}

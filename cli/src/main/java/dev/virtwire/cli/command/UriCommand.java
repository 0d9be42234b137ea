// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command;

import dev.virtwire.cli.output.ExitCode;
import dev.virtwire.cli.output.Json;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.UriExplanation;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code virtwire uri}: what a connection URI means, without connecting. */
@Command(
        name = "uri",
        description = "Explain what a connection URI would open, and why, without connecting.",
        sortOptions = false)
public final class UriCommand extends AbstractCommand {
    @Option(names = "--read-only", description = "For a connection that may only read, which has a socket of its own.")
    private boolean readOnly;

    @Parameters(
            paramLabel = "URI",
            arity = "0..1",
            description = "The URI, or an alias of libvirt.conf. Default: the one that -c would default to.")
    private @Nullable String uri;

    @Override
    public Integer call() {
        String given = uri == null ? root().connection().uri(root().connection()) : uri;
        UriExplanation explained = UriExplanation.of(given, readOnly, console().environment());
        LibvirtUri parsed = explained.uri();
        if (json()) {
            printJson(json -> {
                json.writeStringField("uri", parsed.text());
                json.writeStringField("source", explained.source());
                json.writeStringField("driver", parsed.driver());
                json.writeStringField("transport", transport(parsed));
                json.writeStringField("host", parsed.host());
                json.writeStringField("target", explained.target());
                Json.writeStrings(json, "reasons", explained.reasons());
                json.writeStringField("opens", parsed.openName());
                json.writeObjectFieldStart("parameters");
                for (Map.Entry<String, String> parameter : parsed.parameters().entrySet()) {
                    json.writeStringField(parameter.getKey(), parameter.getValue());
                }
                json.writeEndObject();
            });
            return ExitCode.DONE;
        }
        property("URI", parsed.text() + " (" + explained.source() + ")");
        property("Driver", parsed.driver().equals("remote") ? "what the server chooses" : parsed.driver());
        property("Transport", transport(parsed) + ", " + meaning(parsed));
        property("Connects to", explained.target());
        explained.reasons().forEach(reason -> property("Because", reason));
        property("Opens", parsed.openName().isEmpty() ? "what the server chooses" : parsed.openName());
        parsed.parameters().forEach((name, value) -> property("Parameter", name + " = " + value));
        return ExitCode.DONE;
    }

    private static String transport(LibvirtUri uri) {
        return uri.transport().name().toLowerCase(Locale.ROOT);
    }

    private static String meaning(LibvirtUri uri) {
        return switch (uri.transport()) {
            case UNIX -> "a socket of this machine";
            case TCP -> "neither encrypted nor protected against changes on the way, unless SASL does that";
            case TLS -> "encrypted, both sides known by their certificates";
            case SSH, LIBSSH, LIBSSH2 -> "a command at the other end of ssh";
            case EXT -> "a command of the user's own";
        };
    }
}

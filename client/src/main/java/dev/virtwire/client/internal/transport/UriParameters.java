// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.transport;

import dev.virtwire.client.ConfigurationException;
import dev.virtwire.client.InvalidUriException;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.internal.auth.AuthWish;
import dev.virtwire.client.internal.config.Surroundings;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** A URI's parameters as one transport reads them: none is ignored, and a value that means nothing is refused. */
public final class UriParameters {
    /** What concerns what happens on a channel, whichever it is. */
    private static final Set<String> OF_ALL = Set.of("name", "auth", "authfile");

    private final LibvirtUri uri;

    /**
     * Takes those of {@code uri}.
     *
     * @param meaningful the transport's own
     * @throws InvalidUriException if the URI has one that means nothing to its transport
     */
    public UriParameters(LibvirtUri uri, Set<String> meaningful) {
        this.uri = uri;
        AuthWish.of(uri);
        for (String name : uri.parameters().keySet()) {
            if (!meaningful.contains(name) && !OF_ALL.contains(name)) {
                Set<String> known = new TreeSet<>(meaningful);
                known.addAll(OF_ALL);
                throw invalid("parameter '%s' has no meaning over %s, which knows %s"
                        .formatted(name, transport(), String.join(", ", known)));
            }
        }
    }

    /** The text of one, if it is there. */
    public Optional<String> text(String name) {
        return uri.parameter(name);
    }

    /** The host; a URI without one means this one. */
    public String host() {
        return uri.host() == null ? "localhost" : uri.host();
    }

    /** A path; one that begins with a tilde is in somebody's home, and one with neither in the current folder. */
    public Optional<Path> path(String name, Surroundings surroundings) {
        return text(name).map(value -> {
            try {
                return surroundings.expandHome(value);
            } catch (ConfigurationException e) {
                throw invalid("its " + name + ": " + e.getMessage());
            } catch (InvalidPathException e) {
                throw invalid("its " + name + " is not a path: " + e.getReason());
            }
        });
    }

    /** A number that says no if it is 0, and yes otherwise; no if it is missing. */
    public boolean flag(String name) {
        return text(name)
                .map(value -> {
                    try {
                        return Integer.parseInt(value) != 0;
                    } catch (NumberFormatException e) {
                        throw invalid("parameter '%s' is 1 for yes or 0 for no, and not '%s'".formatted(name, value));
                    }
                })
                .orElse(false);
    }

    /** What to throw if the URI asks for what cannot be. */
    public InvalidUriException invalid(String why) {
        return new InvalidUriException("URI '" + uri + "': " + why);
    }

    private String transport() {
        return uri.transport().name().toLowerCase(Locale.ROOT);
    }
}

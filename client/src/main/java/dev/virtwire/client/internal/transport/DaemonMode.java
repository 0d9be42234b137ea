// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.transport;

import dev.virtwire.client.internal.config.LibvirtConf;
import java.util.Optional;

/**
 * Which daemon's socket is wanted: the driver's own (direct), the one for all drivers (legacy), or whichever is there
 * (auto).
 *
 * @param name the mode
 * @param source who says so, in words
 */
public record DaemonMode(String name, String source) {
    /** By the URI, else by {@code remote_mode} of the configuration, else auto. */
    public static DaemonMode of(UriParameters parameters, LibvirtConf conf) {
        Optional<String> asked = parameters.text("mode");
        asked.filter(name -> !LibvirtConf.MODES.contains(name)).ifPresent(name -> {
            throw parameters.invalid("mode '%s' is not auto, direct or legacy".formatted(name));
        });
        return asked.map(name -> new DaemonMode(name, "the parameter 'mode'"))
                .orElseGet(() -> new DaemonMode(conf.mode(), "remote_mode of " + conf.file()));
    }
}

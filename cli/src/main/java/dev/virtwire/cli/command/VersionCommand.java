// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command;

import dev.virtwire.cli.output.ExitCode;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.Version;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code virtwire version}: ours, and the host's if a host is asked for. */
@Command(
        name = "version",
        description =
                "Print the version of this command. With -c or --server, print also those of the host's libvirt and"
                        + " hypervisor.",
        sortOptions = false)
public final class VersionCommand extends ConnectedCommand {
    @Option(names = "--server", description = "Ask the default host if no -c names one.")
    private boolean server;

    @Override
    public Integer call() throws Exception {
        if (server || uriGiven()) {
            return super.call();
        }
        if (json()) {
            printJson(json -> json.writeStringField("virtwire", number()));
        } else {
            out().println(ours());
        }
        return ExitCode.DONE;
    }

    @Override
    protected int run(Libvirt libvirt) {
        CompletableFuture<Version> libvirtVersion = libvirt.libvirtVersion();
        CompletableFuture<Version> hypervisorVersion = libvirt.hypervisorVersion();
        CompletableFuture<String> hostname = libvirt.hostname();
        String driver = libvirt.uri().driver();
        String itsLibvirt = await(libvirtVersion).toString();
        String itsHypervisor = await(hypervisorVersion).toString();
        String host = await(hostname);
        if (json()) {
            printJson(json -> {
                json.writeStringField("virtwire", number());
                json.writeStringField("host", host);
                json.writeStringField("libvirt", itsLibvirt);
                json.writeStringField("driver", driver);
                json.writeStringField("hypervisor", itsHypervisor);
            });
        } else {
            out().println(ours());
            line("host " + host);
            line("libvirt " + itsLibvirt);
            line("hypervisor " + driver + " " + itsHypervisor);
        }
        return ExitCode.DONE;
    }

    /** Name and number. */
    static String ours() {
        return "virtwire " + number();
    }

    private static String number() {
        String number = VersionCommand.class.getPackage().getImplementationVersion();
        return number == null ? "unpackaged" : number;
    }
}

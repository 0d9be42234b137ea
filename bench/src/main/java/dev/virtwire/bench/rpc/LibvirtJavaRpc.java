// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.bench.rpc;

import org.libvirt.Connect;
import org.libvirt.Domain;
import org.libvirt.LibvirtException;

/** libvirt-java: libvirt.so through JNA. It has blocking calls only. */
public final class LibvirtJavaRpc {
    private LibvirtJavaRpc() {}

    /** {@code URI blocking:N WARM-UP-SECONDS SECONDS}. */
    public static void main(String[] arguments) throws InterruptedException, LibvirtException {
        Measurement measurement = Measurement.of(arguments);
        Connect connection = new Connect(measurement.uri());
        Domain domain = connection.domainLookupByName("test");
        measurement.print(new BlockingLoad(measurement.callers(), domain::getInfo));
        domain.free();
        connection.close();
    }
}

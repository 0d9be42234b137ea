// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.spring;

import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.SmartFactoryBean;

/**
 * The application's connection: made when the application starts, so that it does not start without one, and
 * closed in order when it ends, after all beans that use it.
 */
final class LibvirtBean implements SmartFactoryBean<Libvirt>, DisposableBean {
    private static final Logger LOG = LoggerFactory.getLogger(LibvirtBean.class);

    private final String uri;
    private final ConnectOptions options;
    private final Duration shutdownTimeout;
    private @Nullable Libvirt libvirt;

    LibvirtBean(String uri, ConnectOptions options, Duration shutdownTimeout) {
        this.uri = uri;
        this.options = options;
        this.shutdownTimeout = shutdownTimeout;
    }

    /** Called once: it is a singleton. */
    @Override
    public synchronized Libvirt getObject() throws InterruptedException {
        Libvirt connected = libvirt;
        if (connected == null) {
            connected = Libvirt.await(Libvirt.connect(uri, options));
            libvirt = connected;
        }
        return connected;
    }

    @Override
    public Class<?> getObjectType() {
        return Libvirt.class;
    }

    @Override
    public boolean isEagerInit() {
        return true;
    }

    @Override
    public synchronized void destroy() {
        Libvirt connected = libvirt;
        if (connected == null) {
            return;
        }
        try {
            Libvirt.await(connected.closeAsync(), shutdownTimeout);
        } catch (LibvirtException e) {
            LOG.warn("{}: closed before its calls were done: {}", uri, e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            connected.close();
        }
    }
}

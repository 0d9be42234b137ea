// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.ConfigurationException;
import dev.virtwire.client.internal.config.Surroundings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which auth.conf counts, and what it says for which host. */
class AuthFileTest {
    private final Map<String, String> environment = new HashMap<>();

    @TempDir
    private Path folder;

    @BeforeEach
    void setHome() {
        environment.put("XDG_CONFIG_HOME", folder.resolve("user").toString());
    }

    @Test
    void aHostsOwnGroupCountsBeforeTheOneForAll() throws IOException {
        Path file = write("auth.conf", """
                # comment
                [credentials-prod]
                authname = fred
                password = a=b # and more
                realm=example

                [credentials-test]
                username=joe

                [auth-libvirt-prod.example]
                credentials=prod
                [auth-libvirt-default]
                credentials=test
                [auth-ssh-lab.example]
                credentials=prod
                """);
        assertThat(find("libvirt", "prod.example", file))
                .isEqualTo(Map.of("authname", "fred", "password", "a=b # and more", "realm", "example"));
        assertThat(find("libvirt", "lab.example", file)).isEqualTo(Map.of("username", "joe"));
        assertThat(find("ssh", "lab.example", file)).containsEntry("authname", "fred");
        assertThat(find("ssh", "prod.example", file)).isEmpty();
        assertThat(find("ssh", List.of("prod", "lab.example"), file)).containsEntry("authname", "fred");
        assertThat(find("libvirt", List.of("prod.example", "lab.example"), file))
                .containsEntry("authname", "fred");
    }

    @Test
    void theEnvironmentsFileCountsThenTheUrisThenTheUsersThenTheSystems() throws IOException {
        assertThat(find("libvirt", "h", null)).isEmpty();
        write("system/auth.conf", user("system"));
        assertThat(find("libvirt", "h", null)).containsEntry("authname", "system");
        write("user/libvirt/auth.conf", user("user"));
        assertThat(find("libvirt", "h", null)).containsEntry("authname", "user");
        Path uris = write("uri.conf", user("uri"));
        assertThat(find("libvirt", "h", uris)).containsEntry("authname", "uri");
        environment.put("LIBVIRT_AUTH_FILE", write("env.conf", user("env")).toString());
        assertThat(find("libvirt", "h", uris)).containsEntry("authname", "env");
    }

    @ParameterizedTest
    @CsvSource(
            value = {
                "password=x                                      | , line 1: neither a [group] nor a name=value below one",
                "[auth-libvirt-default]                          | : the group [auth-libvirt-default] has no 'credentials'",
                "[auth-libvirt-default];credentials=no           | : there is no group [credentials-no], which [auth-libvirt-default] names",
            },
            delimiter = '|')
    void aFileThatIsWrongIsNamed(String text, String why) throws IOException {
        Path file = write("wrong.conf", text.replace(';', '\n'));
        assertThatThrownBy(() -> find("libvirt", "h", file))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(file + why);
    }

    @Test
    void whatWasLookedForIsNamed() throws IOException {
        Path file = write("other.conf", user("fred").replace("default", "elsewhere"));
        AuthFile.Found found = AuthFile.credentials(
                "ssh",
                List.of("kvm1", "127.0.0.1"),
                Optional.of(file),
                new Surroundings(environment, false, folder, folder.resolve("system"), folder));
        assertThat(found.values()).isEmpty();
        assertThat(found.missing())
                .isEqualTo(file + " has no group [auth-ssh-kvm1] or [auth-ssh-127.0.0.1] or [auth-ssh-default]");
    }

    private Map<String, String> find(String service, String host, Path named) {
        return find(service, List.of(host), named);
    }

    private Map<String, String> find(String service, List<String> hosts, Path named) {
        return AuthFile.credentials(
                        service,
                        hosts,
                        Optional.ofNullable(named),
                        new Surroundings(environment, false, folder, folder.resolve("system"), folder))
                .values();
    }

    private static String user(String name) {
        return "[credentials-x]\nauthname=%s\n[auth-libvirt-default]\ncredentials=x\n".formatted(name);
    }

    private Path write(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }
}

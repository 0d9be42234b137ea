// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The part of libvirt that raised an error, by libvirt's own numbers ({@code virErrorDomain}, without its
 * {@code VIR_FROM_}). A newer server may send a number that stands for none of these:
 * {@link RemoteException.Details#domain()} has it all the same.
 */
public enum ErrorDomain {
    /** libvirt error domain 0. */
    NONE(0),
    /** libvirt error domain 1. */
    XEN(1),
    /** libvirt error domain 2. */
    XEND(2),
    /** libvirt error domain 3. */
    XENSTORE(3),
    /** libvirt error domain 4. */
    SEXPR(4),
    /** libvirt error domain 5. */
    XML(5),
    /** libvirt error domain 6. */
    DOM(6),
    /** libvirt error domain 7. */
    RPC(7),
    /** libvirt error domain 8. */
    PROXY(8),
    /** libvirt error domain 9. */
    CONF(9),
    /** libvirt error domain 10. */
    QEMU(10),
    /** libvirt error domain 11. */
    NET(11),
    /** libvirt error domain 12. */
    TEST(12),
    /** libvirt error domain 13. */
    REMOTE(13),
    /** libvirt error domain 14. */
    OPENVZ(14),
    /** libvirt error domain 15. */
    XENXM(15),
    /** libvirt error domain 16. */
    STATS_LINUX(16),
    /** libvirt error domain 17. */
    LXC(17),
    /** libvirt error domain 18. */
    STORAGE(18),
    /** libvirt error domain 19. */
    NETWORK(19),
    /** libvirt error domain 20. */
    DOMAIN(20),
    /** libvirt error domain 21. */
    UML(21),
    /** libvirt error domain 22. */
    NODEDEV(22),
    /** libvirt error domain 23. */
    XEN_INOTIFY(23),
    /** libvirt error domain 24. */
    SECURITY(24),
    /** libvirt error domain 25. */
    VBOX(25),
    /** libvirt error domain 26. */
    INTERFACE(26),
    /** libvirt error domain 27. */
    ONE(27),
    /** libvirt error domain 28. */
    ESX(28),
    /** libvirt error domain 29. */
    PHYP(29),
    /** libvirt error domain 30. */
    SECRET(30),
    /** libvirt error domain 31. */
    CPU(31),
    /** libvirt error domain 32. */
    XENAPI(32),
    /** libvirt error domain 33. */
    NWFILTER(33),
    /** libvirt error domain 34. */
    HOOK(34),
    /** libvirt error domain 35. */
    DOMAIN_SNAPSHOT(35),
    /** libvirt error domain 36. */
    AUDIT(36),
    /** libvirt error domain 37. */
    SYSINFO(37),
    /** libvirt error domain 38. */
    STREAMS(38),
    /** libvirt error domain 39. */
    VMWARE(39),
    /** libvirt error domain 40. */
    EVENT(40),
    /** libvirt error domain 41. */
    LIBXL(41),
    /** libvirt error domain 42. */
    LOCKING(42),
    /** libvirt error domain 43. */
    HYPERV(43),
    /** libvirt error domain 44. */
    CAPABILITIES(44),
    /** libvirt error domain 45. */
    URI(45),
    /** libvirt error domain 46. */
    AUTH(46),
    /** libvirt error domain 47. */
    DBUS(47),
    /** libvirt error domain 48. */
    PARALLELS(48),
    /** libvirt error domain 49. */
    DEVICE(49),
    /** libvirt error domain 50. */
    SSH(50),
    /** libvirt error domain 51. */
    LOCKSPACE(51),
    /** libvirt error domain 52. */
    INITCTL(52),
    /** libvirt error domain 53. */
    IDENTITY(53),
    /** libvirt error domain 54. */
    CGROUP(54),
    /** libvirt error domain 55. */
    ACCESS(55),
    /** libvirt error domain 56. */
    SYSTEMD(56),
    /** libvirt error domain 57. */
    BHYVE(57),
    /** libvirt error domain 58. */
    CRYPTO(58),
    /** libvirt error domain 59. */
    FIREWALL(59),
    /** libvirt error domain 60. */
    POLKIT(60),
    /** libvirt error domain 61. */
    THREAD(61),
    /** libvirt error domain 62. */
    ADMIN(62),
    /** libvirt error domain 63. */
    LOGGING(63),
    /** libvirt error domain 64. */
    XENXL(64),
    /** libvirt error domain 65. */
    PERF(65),
    /** libvirt error domain 66. */
    LIBSSH(66),
    /** libvirt error domain 67. */
    RESCTRL(67),
    /** libvirt error domain 68. */
    FIREWALLD(68),
    /** libvirt error domain 69. */
    DOMAIN_CHECKPOINT(69),
    /** libvirt error domain 70. */
    TPM(70),
    /** libvirt error domain 71. */
    BPF(71),
    /** libvirt error domain 72. */
    CH(72);

    private static final Map<Integer, ErrorDomain> BY_NUMBER =
            Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(ErrorDomain::number, Function.identity()));

    private final int number;

    ErrorDomain(int number) {
        this.number = number;
    }

    /** The domain of a number, or nothing where this version does not know it. */
    public static Optional<ErrorDomain> of(int number) {
        return Optional.ofNullable(BY_NUMBER.get(number));
    }

    /** The number on the wire. */
    public int number() {
        return number;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What went wrong on the server, by libvirt's own numbers ({@code virErrorNumber}, without its {@code VIR_ERR_} or
 * {@code VIR_}). A newer server may send a number that stands for none of these: {@link RemoteException#codeNumber()} has
 * it all the same.
 */
public enum ErrorCode {
    /** libvirt error 0. */
    OK(0),
    /** libvirt error 1. */
    INTERNAL_ERROR(1),
    /** libvirt error 2. */
    NO_MEMORY(2),
    /** libvirt error 3. */
    NO_SUPPORT(3),
    /** libvirt error 4. */
    UNKNOWN_HOST(4),
    /** libvirt error 5. */
    NO_CONNECT(5),
    /** libvirt error 6. */
    INVALID_CONN(6),
    /** libvirt error 7. */
    INVALID_DOMAIN(7),
    /** libvirt error 8. */
    INVALID_ARG(8),
    /** libvirt error 9. */
    OPERATION_FAILED(9),
    /** libvirt error 10. */
    GET_FAILED(10),
    /** libvirt error 11. */
    POST_FAILED(11),
    /** libvirt error 12. */
    HTTP_ERROR(12),
    /** libvirt error 13. */
    SEXPR_SERIAL(13),
    /** libvirt error 14. */
    NO_XEN(14),
    /** libvirt error 15. */
    XEN_CALL(15),
    /** libvirt error 16. */
    OS_TYPE(16),
    /** libvirt error 17. */
    NO_KERNEL(17),
    /** libvirt error 18. */
    NO_ROOT(18),
    /** libvirt error 19. */
    NO_SOURCE(19),
    /** libvirt error 20. */
    NO_TARGET(20),
    /** libvirt error 21. */
    NO_NAME(21),
    /** libvirt error 22. */
    NO_OS(22),
    /** libvirt error 23. */
    NO_DEVICE(23),
    /** libvirt error 24. */
    NO_XENSTORE(24),
    /** libvirt error 25. */
    DRIVER_FULL(25),
    /** libvirt error 26. */
    CALL_FAILED(26),
    /** libvirt error 27. */
    XML_ERROR(27),
    /** libvirt error 28. */
    DOM_EXIST(28),
    /** libvirt error 29. */
    OPERATION_DENIED(29),
    /** libvirt error 30. */
    OPEN_FAILED(30),
    /** libvirt error 31. */
    READ_FAILED(31),
    /** libvirt error 32. */
    PARSE_FAILED(32),
    /** libvirt error 33. */
    CONF_SYNTAX(33),
    /** libvirt error 34. */
    WRITE_FAILED(34),
    /** libvirt error 35. */
    XML_DETAIL(35),
    /** libvirt error 36. */
    INVALID_NETWORK(36),
    /** libvirt error 37. */
    NETWORK_EXIST(37),
    /** libvirt error 38. */
    SYSTEM_ERROR(38),
    /** libvirt error 39. */
    RPC(39),
    /** libvirt error 40. */
    GNUTLS_ERROR(40),
    /** libvirt warning 41. */
    WAR_NO_NETWORK(41),
    /** libvirt error 42. */
    NO_DOMAIN(42),
    /** libvirt error 43. */
    NO_NETWORK(43),
    /** libvirt error 44. */
    INVALID_MAC(44),
    /** libvirt error 45. */
    AUTH_FAILED(45),
    /** libvirt error 46. */
    INVALID_STORAGE_POOL(46),
    /** libvirt error 47. */
    INVALID_STORAGE_VOL(47),
    /** libvirt warning 48. */
    WAR_NO_STORAGE(48),
    /** libvirt error 49. */
    NO_STORAGE_POOL(49),
    /** libvirt error 50. */
    NO_STORAGE_VOL(50),
    /** libvirt warning 51. */
    WAR_NO_NODE(51),
    /** libvirt error 52. */
    INVALID_NODE_DEVICE(52),
    /** libvirt error 53. */
    NO_NODE_DEVICE(53),
    /** libvirt error 54. */
    NO_SECURITY_MODEL(54),
    /** libvirt error 55. */
    OPERATION_INVALID(55),
    /** libvirt warning 56. */
    WAR_NO_INTERFACE(56),
    /** libvirt error 57. */
    NO_INTERFACE(57),
    /** libvirt error 58. */
    INVALID_INTERFACE(58),
    /** libvirt error 59. */
    MULTIPLE_INTERFACES(59),
    /** libvirt warning 60. */
    WAR_NO_NWFILTER(60),
    /** libvirt error 61. */
    INVALID_NWFILTER(61),
    /** libvirt error 62. */
    NO_NWFILTER(62),
    /** libvirt error 63. */
    BUILD_FIREWALL(63),
    /** libvirt warning 64. */
    WAR_NO_SECRET(64),
    /** libvirt error 65. */
    INVALID_SECRET(65),
    /** libvirt error 66. */
    NO_SECRET(66),
    /** libvirt error 67. */
    CONFIG_UNSUPPORTED(67),
    /** libvirt error 68. */
    OPERATION_TIMEOUT(68),
    /** libvirt error 69. */
    MIGRATE_PERSIST_FAILED(69),
    /** libvirt error 70. */
    HOOK_SCRIPT_FAILED(70),
    /** libvirt error 71. */
    INVALID_DOMAIN_SNAPSHOT(71),
    /** libvirt error 72. */
    NO_DOMAIN_SNAPSHOT(72),
    /** libvirt error 73. */
    INVALID_STREAM(73),
    /** libvirt error 74. */
    ARGUMENT_UNSUPPORTED(74),
    /** libvirt error 75. */
    STORAGE_PROBE_FAILED(75),
    /** libvirt error 76. */
    STORAGE_POOL_BUILT(76),
    /** libvirt error 77. */
    SNAPSHOT_REVERT_RISKY(77),
    /** libvirt error 78. */
    OPERATION_ABORTED(78),
    /** libvirt error 79. */
    AUTH_CANCELLED(79),
    /** libvirt error 80. */
    NO_DOMAIN_METADATA(80),
    /** libvirt error 81. */
    MIGRATE_UNSAFE(81),
    /** libvirt error 82. */
    OVERFLOW(82),
    /** libvirt error 83. */
    BLOCK_COPY_ACTIVE(83),
    /** libvirt error 84. */
    OPERATION_UNSUPPORTED(84),
    /** libvirt error 85. */
    SSH(85),
    /** libvirt error 86. */
    AGENT_UNRESPONSIVE(86),
    /** libvirt error 87. */
    RESOURCE_BUSY(87),
    /** libvirt error 88. */
    ACCESS_DENIED(88),
    /** libvirt error 89. */
    DBUS_SERVICE(89),
    /** libvirt error 90. */
    STORAGE_VOL_EXIST(90),
    /** libvirt error 91. */
    CPU_INCOMPATIBLE(91),
    /** libvirt error 92. */
    XML_INVALID_SCHEMA(92),
    /** libvirt error 93. */
    MIGRATE_FINISH_OK(93),
    /** libvirt error 94. */
    AUTH_UNAVAILABLE(94),
    /** libvirt error 95. */
    NO_SERVER(95),
    /** libvirt error 96. */
    NO_CLIENT(96),
    /** libvirt error 97. */
    AGENT_UNSYNCED(97),
    /** libvirt error 98. */
    LIBSSH(98),
    /** libvirt error 99. */
    DEVICE_MISSING(99),
    /** libvirt error 100. */
    INVALID_NWFILTER_BINDING(100),
    /** libvirt error 101. */
    NO_NWFILTER_BINDING(101),
    /** libvirt error 102. */
    INVALID_DOMAIN_CHECKPOINT(102),
    /** libvirt error 103. */
    NO_DOMAIN_CHECKPOINT(103),
    /** libvirt error 104. */
    NO_DOMAIN_BACKUP(104),
    /** libvirt error 105. */
    INVALID_NETWORK_PORT(105),
    /** libvirt error 106. */
    NETWORK_PORT_EXIST(106),
    /** libvirt error 107. */
    NO_NETWORK_PORT(107),
    /** libvirt error 108. */
    NO_HOSTNAME(108),
    /** libvirt error 109. */
    CHECKPOINT_INCONSISTENT(109),
    /** libvirt error 110. */
    MULTIPLE_DOMAINS(110),
    /** libvirt error 111. */
    NO_NETWORK_METADATA(111),
    /** libvirt error 112. */
    AGENT_COMMAND_TIMEOUT(112),
    /** libvirt error 113. */
    AGENT_COMMAND_FAILED(113);

    private static final Map<Integer, ErrorCode> BY_NUMBER =
            Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(ErrorCode::number, Function.identity()));

    private final int number;

    ErrorCode(int number) {
        this.number = number;
    }

    /** The code of a number, or nothing where this version does not know it. */
    public static Optional<ErrorCode> of(int number) {
        return Optional.ofNullable(BY_NUMBER.get(number));
    }

    /** The number on the wire. */
    public int number() {
        return number;
    }
}

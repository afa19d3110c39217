#ifndef U2FI_SERVICES_COMMON_MQTT_NO_DELAY_H_
#define U2FI_SERVICES_COMMON_MQTT_NO_DELAY_H_

namespace u2fi::mqtt {

// Sets TCP_NODELAY on every TCP connection of this process to `port`, and
// returns how many there are. Paho (1.3) neither sets it nor gives its socket
// away; without it an acknowledgement and the answer behind it are two small
// packets, of which the second waits for the other side's delayed ACK: 40 ms,
// twice for each command (measured). Other connections to the same port lose
// nothing by it.
int SendWithoutDelay(int port);

}  // namespace u2fi::mqtt

#endif  // U2FI_SERVICES_COMMON_MQTT_NO_DELAY_H_

#include "services/common/mqtt/paho_connector.h"

#include <atomic>
#include <chrono>
#include <cmath>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "mqtt/async_client.h"
#include "services/common/mqtt/no_delay.h"
#include "services/common/status/error.h"

namespace u2fi::mqtt {
namespace {

// Beside the payload: topic, properties and headers.
constexpr int kPacketOverhead = 4096;
constexpr std::chrono::seconds kGoodbye{1};
// Paho's threads touch their client once more after a callback returns.
constexpr std::chrono::milliseconds kGrace{20};
// MQTT 5, 2.4: reason codes from here on are failures.
constexpr int kFirstFailure = 0x80;
constexpr int kBadUserOrPassword = 0x86;
constexpr int kNotAuthorized = 0x87;

absl::Status BrokerError(int reason_code, absl::string_view what,
                         absl::string_view detail) {
  const bool refused =
      reason_code == kNotAuthorized || reason_code == kBadUserOrPassword;
  return Error(refused ? reason::kBrokerRefused : reason::kBrokerUnavailable,
               absl::StrCat(what, ": ", detail),
               {{"mqtt_reason", absl::StrCat(reason_code)}});
}

absl::Status FromException(const ::mqtt::exception& error,
                           absl::string_view what) {
  return BrokerError(error.get_reason_code(), what, error.what());
}

// Why the action of a failed token failed.
absl::Status FailureOf(const ::mqtt::token& token, absl::string_view what) {
  // The broker's answer is in one of the two, paho's own errors are negative.
  int code = token.get_reason_code();
  if (code == 0) code = token.get_return_code();
  try {
    // The only way to paho's text; the token is complete, so it only throws.
    const_cast<::mqtt::token&>(token).try_wait();
  } catch (const ::mqtt::exception& error) {
    return BrokerError(code, what, error.what());
  }
  return BrokerError(code, what, "failed");
}

int32_t WholeSeconds(absl::Duration duration) {
  return static_cast<int32_t>(std::ceil(absl::ToDoubleSeconds(duration)));
}

::mqtt::message_ptr ToPaho(const Message& message) {
  using Property = ::mqtt::property;
  ::mqtt::properties properties;
  if (message.expiry > absl::ZeroDuration()) {
    properties.add(Property(Property::MESSAGE_EXPIRY_INTERVAL,
                            WholeSeconds(message.expiry)));
  }
  if (!message.response_topic.empty()) {
    properties.add(Property(Property::RESPONSE_TOPIC, message.response_topic));
  }
  if (!message.correlation.empty()) {
    properties.add(Property(Property::CORRELATION_DATA, message.correlation));
  }
  return ::mqtt::message::create(
      message.topic, message.payload.data(), message.payload.size(),
      static_cast<int>(message.qos), message.retain, properties);
}

template <typename T>
T PropertyOr(const ::mqtt::properties& properties, ::mqtt::property::code code,
             T absent) {
  return properties.contains(code) ? ::mqtt::get<T>(properties, code) : absent;
}

Message FromPaho(const ::mqtt::message& from) {
  using Property = ::mqtt::property;
  const ::mqtt::properties& properties = from.get_properties();
  Message message;
  message.topic = from.get_topic();
  message.payload = from.get_payload_str();
  message.qos = from.get_qos() == 0 ? Qos::kAtMostOnce : Qos::kAtLeastOnce;
  message.retain = from.is_retained();
  message.expiry = absl::Seconds(
      PropertyOr<uint32_t>(properties, Property::MESSAGE_EXPIRY_INTERVAL, 0));
  message.response_topic =
      PropertyOr<std::string>(properties, Property::RESPONSE_TOPIC, "");
  message.correlation =
      PropertyOr<std::string>(properties, Property::CORRELATION_DATA, "");
  return message;
}

::mqtt::create_options CreateOptions(const BrokerOptions& options) {
  ::mqtt::create_options create(MQTTVERSION_5,
                                static_cast<int>(options.max_unfinished));
  create.set_send_while_disconnected(false);
  return create;
}

std::string Uri(const BrokerOptions& options) {
  const bool v6 = options.host.find(':') != std::string::npos;
  return absl::StrCat(options.plaintext ? "tcp://" : "ssl://", v6 ? "[" : "",
                      options.host, v6 ? "]" : "", ":", options.port);
}

// Paho stops its threads when its last client goes, and hangs if another one
// begins at that moment. So one that never connects stays for ever.
void KeepPahoAlive() {
  static const auto* const anchor =
      new ::mqtt::async_client("tcp://127.0.0.1", "anchor");
  (void)anchor;
}

class PahoConnection : public Connection, private ::mqtt::iaction_listener {
 public:
  PahoConnection(const BrokerOptions& options,
                 std::vector<Subscription> subscriptions,
                 ConnectionEvents& events)
      : options_(options),
        subscriptions_(std::move(subscriptions)),
        events_(events),
        client_(Uri(options), options.user, CreateOptions(options), nullptr) {}

  ~PahoConnection() override;

  void Begin();
  absl::Status Send(uint64_t id, const Message& message) override;

 private:
  // Counts the callbacks that run, so that the end can wait for them.
  class Running {
   public:
    explicit Running(std::atomic<int>& count) : count_(count) { ++count_; }
    ~Running() { --count_; }

   private:
    std::atomic<int>& count_;
  };

  ::mqtt::connect_options ConnectOptions();
  void SubscribeAll();
  void CheckSubscribed(const ::mqtt::token& token);
  void Closed(const absl::Status& cause);

  void OnLost(const std::string& cause);
  void OnArrived(const ::mqtt::message& message);

  void on_success(const ::mqtt::token& token) override;
  void on_failure(const ::mqtt::token& token) override;

  const BrokerOptions& options_;
  const std::vector<Subscription> subscriptions_;
  ConnectionEvents& events_;
  std::atomic<int> running_{0};
  std::atomic<bool> ended_{false};
  std::atomic<bool> accepted_{false};
  ::mqtt::async_client client_;
};

PahoConnection::~PahoConnection() {
  ended_ = true;
  try {
    if (client_.is_connected()) client_.disconnect()->wait_for(kGoodbye);
  } catch (const ::mqtt::exception&) {
    // It is gone already.
  }
  do {
    std::this_thread::sleep_for(kGrace);
  } while (running_ > 0);
}

void PahoConnection::Begin() {
  try {
    // Not set_callback(): it takes the library's two locks in the order
    // opposite to that of its callbacks.
    client_.set_connection_lost_handler(
        [this](const std::string& cause) { OnLost(cause); });
    client_.set_message_callback(
        [this](const ::mqtt::const_message_ptr& m) { OnArrived(*m); });
    client_.connect(ConnectOptions(), nullptr, *this);
  } catch (const ::mqtt::exception& error) {
    Closed(FromException(error, "connecting"));
  }
}

::mqtt::connect_options PahoConnection::ConnectOptions() {
  using Property = ::mqtt::property;
  ::mqtt::connect_options connect;
  connect.set_mqtt_version(MQTTVERSION_5);
  const bool keep_session = options_.session_expiry > absl::ZeroDuration();
  connect.set_clean_start(!keep_session);
  connect.set_properties(::mqtt::properties{
      Property(Property::SESSION_EXPIRY_INTERVAL,
               WholeSeconds(options_.session_expiry)),
      Property(Property::MAXIMUM_PACKET_SIZE,
               static_cast<int32_t>(kMaxPayload) + kPacketOverhead)});
  connect.set_keep_alive_interval(WholeSeconds(options_.keep_alive));
  connect.set_connect_timeout(WholeSeconds(options_.connect_timeout));
  connect.set_max_inflight(static_cast<int>(options_.max_unfinished));
  connect.set_user_name(options_.user);
  connect.set_password(options_.password);
  if (options_.will.has_value()) {
    connect.set_will_message(ToPaho(*options_.will));
  }
  if (options_.plaintext) return connect;
  ::mqtt::ssl_options tls;
  tls.set_trust_store(options_.ca_file);
  tls.set_enable_server_cert_auth(true);
  tls.set_verify(true);
  connect.set_ssl(std::move(tls));
  return connect;
}

absl::Status PahoConnection::Send(uint64_t id, const Message& message) {
  try {
    client_.publish(ToPaho(message), reinterpret_cast<void*>(id), *this);
    return absl::OkStatus();
  } catch (const ::mqtt::exception& error) {
    return Error(reason::kBrokerUnavailable,
                 absl::StrCat("publishing: ", error.what()));
  }
}

void PahoConnection::SubscribeAll() {
  if (accepted_.exchange(true)) return;  // The C++ library tells it twice.
  if (subscriptions_.empty()) return events_.OnConnected();
  auto filters = std::make_shared<::mqtt::string_collection>();
  ::mqtt::iasync_client::qos_collection qos;
  for (const Subscription& subscription : subscriptions_) {
    filters->push_back(subscription.filter);
    qos.push_back(static_cast<int>(subscription.qos));
  }
  try {
    client_.subscribe(filters, qos, nullptr, *this);
  } catch (const ::mqtt::exception& error) {
    Closed(FromException(error, "subscribing"));
  }
}

void PahoConnection::CheckSubscribed(const ::mqtt::token& token) {
  const ::mqtt::subscribe_response response = token.get_subscribe_response();
  for (const ::mqtt::ReasonCode code : response.get_reason_codes()) {
    if (code < kFirstFailure) continue;
    return Closed(BrokerError(code, "subscribing", "refused"));
  }
  events_.OnConnected();
}

void PahoConnection::Closed(const absl::Status& cause) {
  if (!ended_.exchange(true)) events_.OnClosed(cause);
}

void PahoConnection::OnLost(const std::string& cause) {
  Running running(running_);
  Closed(BrokerError(0, "connection lost",
                     cause.empty() ? "the broker went away" : cause));
}

void PahoConnection::OnArrived(const ::mqtt::message& message) {
  Running running(running_);
  if (ended_ || message.get_payload_ref().size() > kMaxPayload) return;
  events_.OnMessage(FromPaho(message));
}

void PahoConnection::on_success(const ::mqtt::token& token) {
  Running running(running_);
  if (ended_) return;
  switch (token.get_type()) {
    case ::mqtt::token::CONNECT:
      SendWithoutDelay(options_.port);
      return SubscribeAll();
    case ::mqtt::token::SUBSCRIBE:
      return CheckSubscribed(token);
    case ::mqtt::token::PUBLISH:
      return events_.OnPublished(
          reinterpret_cast<uint64_t>(token.get_user_context()),
          absl::OkStatus());
    default:
      return;
  }
}

void PahoConnection::on_failure(const ::mqtt::token& token) {
  Running running(running_);
  if (ended_) return;
  if (token.get_type() == ::mqtt::token::PUBLISH) {
    return events_.OnPublished(
        reinterpret_cast<uint64_t>(token.get_user_context()),
        FailureOf(token, "publishing"));
  }
  Closed(FailureOf(token, "connecting"));
}

}  // namespace

std::unique_ptr<Connection> PahoConnector::Connect(
    const std::vector<Subscription>& subscriptions, ConnectionEvents& events) {
  KeepPahoAlive();
  auto connection =
      std::make_unique<PahoConnection>(options_, subscriptions, events);
  connection->Begin();
  return connection;
}

}  // namespace u2fi::mqtt

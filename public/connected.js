// Runs in the popup once an attempt to connect has ended. Announces the outcome to the page that opened the popup, and
// closes the popup when that page replies. Without a reply, the popup stays open and shows the outcome.
// The page's end of this channel is src/app/connecting/channel.rs.
const { provider, outcome } = document.body.dataset;
const channel = new BroadcastChannel("tributary");
channel.onmessage = ({ data }) => {
  if (data === `received ${window.name}`) window.close();
};
channel.postMessage(`outcome ${provider} ${outcome} ${window.name} ${location.search}`);

// The popup's end: tells the page that opened it, and closes as soon as that page has taken over. Without such a page
// the words stay on the screen.
const { provider, outcome } = document.body.dataset;
const channel = new BroadcastChannel("tributary");
channel.onmessage = ({ data }) => {
  if (data === `heard ${window.name}`) window.close();
};
channel.postMessage(`told ${provider} ${outcome} ${window.name} ${location.search}`);
